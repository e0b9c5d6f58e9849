// From spawn to the first answer: pounce with two workers against a bare Bun server of one process,
// run from source by the same executable and compiled with the same flags; and on a Hono app. What
// no server of a master and a worker can get below is two bare processes, the one started by the
// other.
import { Child } from "./child.ts";
import { untilAnswer } from "./http.ts";
import { type Bench, type Findings, note, repeat } from "./measure.ts";
import { judged, type Row, shown } from "./report.ts";
import { benchFile, freePort, runWithBun, spawnPounce } from "./servers.ts";
import { estimate, estimateRatio, median } from "./statistics.ts";
import { formatEstimate } from "./table.ts";
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

type Times = Record<Name, number>;

export async function coldStart(bench: Bench): Promise<Findings> {
  const { workspace } = bench;
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
  const measure = async (): Promise<Times> => {
    const times: Partial<Times> = {};
    for (const name of NAMES) times[name] = await startTime(starts[name]);
    return times as Times;
  };
  // Fills the page cache and does not count.
  await measure();
  const rounds = await repeat(bench, bench.rounds, measure);
  return { rows: report(rounds), rounds };
}

function report(rounds: readonly Times[]): Row[] {
  const of = (name: Name): number[] => rounds.map((times) => times[name]);
  for (const name of NAMES) {
    note(`cold start, ${name}: ${formatEstimate(estimate(of(name)), "ms")}`);
  }
  const over = (name: Name, base: Name) => ({
    unit: "ratio" as const,
    measured: estimateRatio(of(name), of(base)),
    detail: `${median(of(name)).toFixed(1)} / ${median(of(base)).toFixed(1)} ms`,
  });
  return [
    judged({
      requirement: "cold start: pounce, 2 workers / bare Bun server",
      limit: { atMost: LIMIT },
      ...over("pounce", "bare"),
      control: estimateRatio(of("bareAgain"), of("bare")),
    }),
    shown({
      requirement: "  two bare processes, one started by the other",
      ...over("barePair", "bare"),
    }),
    shown({
      requirement: "  against a compiled bare server",
      ...over("pounce", "bareCompiled"),
    }),
    shown({
      requirement: "  with a Hono app, against raw from source",
      ...over("pounceHono", "rawHono"),
    }),
  ];
}
