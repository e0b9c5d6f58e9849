// From spawn to the first answer: pounce with two workers against a bare Bun server of one process,
// run from source by the same executable and compiled with the same flags; and on a Hono app. What
// no server of a master and a worker can get below is two bare processes, the one started by the
// other.
import { Child } from "./child.ts";
import { untilAnswer } from "./http.ts";
import { type Bench, note } from "./measure.ts";
import { atMost, type Row, shown } from "./report.ts";
import { benchFile, freePort, runWithBun, spawnPounce } from "./servers.ts";
import { estimate, median } from "./statistics.ts";
import { compileBareServer, type Workspace } from "./workspace.ts";

const LIMIT = 1.3;
/** Between two starts, so that the end of one is over when the next begins. */
const PAUSE_MS = 100;

type Start = (port: number) => Child;

const NAMES = [
  "bare",
  "pounce",
  "bareAgain",
  "barePair",
  "bareCompiled",
  "rawHono",
  "pounceHono",
] as const;
type Name = (typeof NAMES)[number];

/** The milliseconds to the first answer of a server that is started now and ended after it. */
export async function startTime(start: Start): Promise<number> {
  const port = freePort();
  const startMs = performance.now();
  const child = start(port);
  await untilAnswer(port, "hello");
  const elapsedMs = performance.now() - startMs;
  await child.end();
  await Bun.sleep(PAUSE_MS);
  return elapsedMs;
}

/** The bare server from its source: what pounce's start and reload are compared with. */
export function bareStart(workspace: Workspace): Start {
  return (port) => runWithBun(workspace, "bare-server.ts", `${port}`);
}

export async function coldStart({ workspace, rounds }: Bench): Promise<Row[]> {
  const compiled = compileBareServer(workspace);
  const [plain, hono] = [benchFile("apps/sync.ts"), benchFile("apps/hono.ts")];
  const starts: Record<Name, Start> = {
    bare: bareStart(workspace),
    pounce: (port) => spawnPounce(workspace, plain, port),
    bareAgain: bareStart(workspace),
    barePair: (port) => runWithBun(workspace, "bare-pair.ts", `${port}`),
    bareCompiled: (port) => new Child([compiled, `${port}`], { cwd: workspace.dir }),
    rawHono: (port) => runWithBun(workspace, "raw-server.ts", hono, `${port}`),
    pounceHono: (port) => spawnPounce(workspace, hono, port),
  };
  const rounded: Record<Name, number>[] = [];
  // The first round fills the page cache and does not count.
  for (let round = -1; round < rounds; round += 1) {
    const times: Partial<Record<Name, number>> = {};
    for (const name of NAMES) times[name] = await startTime(starts[name]);
    if (round >= 0) rounded.push(times as Record<Name, number>);
  }
  return report(rounded);
}

function report(rounds: readonly Record<Name, number>[]): Row[] {
  const ms = (name: Name): number => median(rounds.map((times) => times[name]));
  for (const name of NAMES) {
    const { low, high } = estimate(rounds.map((times) => times[name]));
    const range = `[${low.toFixed(1)}, ${high.toFixed(1)}]`;
    note(`cold start, ${name}: ${ms(name).toFixed(1)} ms ${range}`);
  }
  const over = (name: Name, base: Name): string =>
    `${(ms(name) / ms(base)).toFixed(2)} (${ms(name).toFixed(1)} / ${ms(base).toFixed(1)} ms)`;
  return [
    {
      requirement: "cold start: pounce, 2 workers / bare Bun server",
      limit: `<= ${LIMIT}`,
      measured: over("pounce", "bare"),
      control: over("bareAgain", "bare"),
      verdict: atMost(ms("pounce") / ms("bare"), LIMIT),
    },
    shown("  two bare processes, one started by the other", over("barePair", "bare")),
    shown("  against a compiled bare server", over("pounce", "bareCompiled")),
    shown("  with a Hono app, against raw from source", over("pounceHono", "rawHono")),
  ];
}
