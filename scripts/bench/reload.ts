// From HUP to the first answer of the new version, less what the import of the app takes by itself
// in a new process. A client asks back to back on new connections; there is no other load.
import { type Bench, note } from "./measure.ts";
import { bareStart, startTime } from "./cold-start.ts";
import { untilAnswer } from "./http.ts";
import { atMost, type Row } from "./report.ts";
import { Pounce, runWithBun } from "./servers.ts";
import { median } from "./statistics.ts";
import { type VersionedApp, writeApp } from "./workspace.ts";

const LIMIT_MS = 60;
/** Between the end of a reload and what is measured next. */
const PAUSE_MS = 100;

export async function reload(bench: Bench): Promise<Row[]> {
  return [await measureApp(bench, "plain"), await measureApp(bench, "Hono")];
}

async function measureApp(bench: Bench, name: VersionedApp): Promise<Row> {
  const { workspace, rounds } = bench;
  const app = await writeApp(workspace, name, "v0");
  const pounce = await Pounce.start(workspace, app);
  const reloads: number[] = [];
  const imports: number[] = [];
  const bareStarts: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    await writeApp(workspace, name, `v${round}`);
    imports.push(await importTime(bench, app));
    bareStarts.push(await startTime(bareStart(workspace)));
    reloads.push(await reloadTime(pounce, `v${round}`));
  }
  await pounce.end();
  const importMs = median(imports);
  const beyond = reloads.map((ms) => ms - importMs);
  note(
    `reload, ${name}: ${median(reloads).toFixed(1)} ms to the first new answer, ` +
      `of which the import of the app ${importMs.toFixed(1)} ms`,
  );
  return {
    requirement: `reload, ${name}: HUP to first new answer, beyond import`,
    limit: `<= ${LIMIT_MS} ms`,
    measured: `${median(beyond).toFixed(1)} ms (at most ${Math.max(...beyond).toFixed(1)})`,
    control: `${median(bareStarts).toFixed(1)} ms (start of a bare server)`,
    verdict: atMost(median(beyond), LIMIT_MS),
  };
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
