// From HUP to the first answer of the new version, less what the import of the app takes by itself
// in a new process. A client asks back to back on new connections; there is no other load.
import { type Bench, type Findings, repeat } from "./measure.ts";
import { bareStart, startTime } from "./cold-start.ts";
import { untilAnswer } from "./http.ts";
import { judged, type Row } from "./report.ts";
import { Pounce, runWithBun } from "./servers.ts";
import { estimate, median } from "./statistics.ts";
import { type VersionedApp, writeApp } from "./workspace.ts";

const LIMIT_MS = 60;
/** Between the end of a reload and what is measured next. */
const PAUSE_MS = 100;

/** Milliseconds. */
interface Round {
  readonly reload: number;
  readonly import: number;
  readonly bareStart: number;
}

export async function reload(bench: Bench): Promise<Findings> {
  const all: { readonly app: VersionedApp; readonly rounds: readonly Round[] }[] = [];
  const apps = ["plain", "Hono"] as const;
  for (const [number, app] of apps.entries()) {
    bench.progress.stage(app, number, apps.length);
    all.push({ app, rounds: await measureApp(bench, app) });
  }
  return { rows: all.map(({ app, rounds }) => report(app, rounds)), rounds: all };
}

async function measureApp(bench: Bench, name: VersionedApp): Promise<Round[]> {
  const { workspace } = bench;
  const app = await writeApp(workspace, name, "v0");
  const pounce = await Pounce.start(workspace, app);
  const rounds = await repeat(bench, bench.rounds, async (number) => {
    const version = `v${number + 1}`;
    await writeApp(workspace, name, version);
    return {
      import: await importTime(bench, app),
      bareStart: await startTime(bareStart(workspace)),
      reload: await reloadTime(pounce, version),
    };
  });
  await pounce.end();
  return rounds;
}

function report(name: VersionedApp, rounds: readonly Round[]): Row {
  const ms = (key: keyof Round): string =>
    `${median(rounds.map((round) => round[key])).toFixed(1)} ms`;
  const importMs = median(rounds.map((round) => round.import));
  return judged({
    requirement: `reload, ${name}: HUP to first new answer, beyond import`,
    unit: "ms",
    limit: { atMost: LIMIT_MS },
    measured: estimate(rounds.map((round) => round.reload - importMs)),
    detail: `${ms("reload")}, import ${ms("import")}; start of a bare server: ${ms("bareStart")}`,
  });
}

async function reloadTime(pounce: Pounce, version: string): Promise<number> {
  const startMs = performance.now();
  const { complete } = pounce.reload();
  await untilAnswer(pounce.port, version);
  const elapsedMs = performance.now() - startMs;
  await complete;
  await Bun.sleep(PAUSE_MS);
  return elapsedMs;
}

async function importTime(bench: Bench, app: string): Promise<number> {
  const child = runWithBun(bench.workspace, "import-time.ts", app);
  await child.waitFor("\n");
  await child.exited;
  const elapsedMs = Number(child.output);
  if (Number.isNaN(elapsedMs)) throw new Error(`the import failed:\n${child.output}`);
  return elapsedMs;
}
