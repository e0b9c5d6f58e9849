// What a reload costs a server that has all it can take: 64 clients on the same processors ask as
// fast as they are answered, with and without reloads, beside a naive rolling restart.
//
// Each measurement has a server of its own, so that none has another's warm code. A round measures
// all, in an order that rotates.
import { LoadClient } from "./load/calls.ts";
import type { ConnectionUse, Saturation, SaturationCalls } from "./load/saturation-client.ts";
import { type Bench, CONNECTIONS, note } from "./measure.ts";
import { Naive } from "./naive.ts";
import { atLeast, atMost, formatRatio, type Row, shown } from "./report.ts";
import { Pounce } from "./servers.ts";
import { estimate, median } from "./statistics.ts";
import { writeApp } from "./workspace.ts";

const RELOADS = 3;
/** One measurement: long enough for three reloads, each with its drain. */
const RUN_MS = 6000;
const WARM_UP_MS = 500;
/** A round takes nearly a minute: a share of the rounds that other measurements have. */
const ROUNDS_SHARE = 0.3;

const SUBJECTS = ["pounce", "naive"] as const;
type Subject = (typeof SUBJECTS)[number];

interface Kind {
  readonly use: ConnectionUse;
  readonly reloads: number;
}

const KINDS = {
  undisturbed: { use: "kept", reloads: 0 },
  reloaded: { use: "kept", reloads: RELOADS },
  anew: { use: "one request each", reloads: RELOADS },
} as const satisfies Record<string, Kind>;
type KindName = keyof typeof KINDS;
const KIND_NAMES = Object.keys(KINDS) as KindName[];

interface Run extends Saturation {
  /** From HUP to the first answer of the new version, for each reload. */
  readonly newAfterMs: readonly number[];
}

type Round = Record<Subject, Record<KindName, Run>>;

export async function saturation(bench: Bench): Promise<Row[]> {
  const rounds: Round[] = [];
  const count = Math.ceil(bench.rounds * ROUNDS_SHARE);
  for (let number = 0; number < count; number += 1) rounds.push(await measureRound(bench, number));
  for (const subject of SUBJECTS) {
    for (const kind of KIND_NAMES) note(`${subject}, ${kind}: ${describe(rounds, subject, kind)}`);
  }
  return report(rounds);
}

async function measureRound(bench: Bench, number: number): Promise<Round> {
  const round = { pounce: {}, naive: {} } as Round;
  const all = SUBJECTS.flatMap((subject) => KIND_NAMES.map((kind) => ({ subject, kind })));
  const first = number % all.length;
  for (const { subject, kind } of [...all.slice(first), ...all.slice(0, first)]) {
    round[subject][kind] = await measure(bench, subject, KINDS[kind]);
  }
  return round;
}

/** The versions differ in their last digit only: answers are of one length. */
const versionOf = (reload: number): string => `v${reload}`;

async function measure({ workspace }: Bench, subject: Subject, kind: Kind): Promise<Run> {
  const app = await writeApp(workspace, "async", versionOf(0));
  const start = subject === "pounce" ? Pounce.start : Naive.start;
  const server = await start(workspace, app);
  const client = new LoadClient<SaturationCalls>("saturation-client.ts");
  const { use, reloads } = kind;
  const order = { port: server.port, use, connections: CONNECTIONS, ms: RUN_MS };
  const running = client.call("saturate", order);
  await Bun.sleep(WARM_UP_MS);
  const signalledMs: number[] = [];
  for (let reload = 1; reload <= reloads; reload += 1) {
    await Bun.sleep(RUN_MS / (reloads + 1));
    await writeApp(workspace, "async", versionOf(reload));
    signalledMs.push(performance.timeOrigin + performance.now());
    server.reload();
  }
  const result = await running;
  await Promise.all([client.end(), server.end()]);
  const newAfterMs = signalledMs.map(
    (atMs, index) => (result.firstHeardMs[versionOf(index + 1)] ?? Number.NaN) - atMs,
  );
  if (subject === "pounce" && result.lost > 0) throw new Error(`${result.lost} requests were lost`);
  return { ...result, newAfterMs };
}

function describe(rounds: readonly Round[], subject: Subject, kind: KindName): string {
  const runs = rounds.map((round) => round[subject][kind]);
  const of = (key: "requestsPerSecond" | "p50Ms" | "p99Ms"): number =>
    median(runs.map((run) => run[key]));
  const lost = runs.reduce((sum, run) => sum + run.lost, 0);
  const after = runs.flatMap((run) => run.newAfterMs);
  return [
    `${Math.round(of("requestsPerSecond"))} requests/s`,
    `p50 ${of("p50Ms").toFixed(2)} ms, p99 ${of("p99Ms").toFixed(2)} ms`,
    ...(after.length > 0 ? [`first new answer after ${median(after).toFixed(0)} ms`] : []),
    `${lost} lost`,
  ].join(", ");
}

/** A figure of one measurement of a round. */
type Figure = (round: Round) => number;
const rate =
  (subject: Subject, kind: KindName): Figure =>
  (round) =>
    round[subject][kind].requestsPerSecond;
const p99 =
  (subject: Subject, kind: KindName): Figure =>
  (round) =>
    round[subject][kind].p99Ms;
const newAfter =
  (subject: Subject): Figure =>
  (round) =>
    median(round[subject].reloaded.newAfterMs);

function report(rounds: readonly Round[]): Row[] {
  const ratio = (over: Figure, under: Figure) =>
    estimate(rounds.map((round) => over(round) / under(round)));
  const ofReloads = (subject: Subject) =>
    ratio(rate(subject, "reloaded"), rate(subject, "undisturbed"));
  const tails = (subject: Subject) => ratio(p99(subject, "reloaded"), p99(subject, "undisturbed"));
  const soon = ratio(newAfter("pounce"), newAfter("naive"));
  const anew = ratio(rate("pounce", "anew"), rate("naive", "anew"));
  const still = ratio(rate("pounce", "undisturbed"), rate("naive", "undisturbed"));
  return [
    {
      requirement: "saturated: requests/s with three reloads / without",
      limit: ">= 0.98",
      measured: formatRatio(ofReloads("pounce")),
      control: `${formatRatio(ofReloads("naive"))}, naive`,
      verdict: atLeast(ofReloads("pounce").median, 0.98),
    },
    {
      requirement: "saturated: p99 with three reloads / without",
      limit: "<= 1.15",
      measured: formatRatio(tails("pounce")),
      control: `${formatRatio(tails("naive"))}, naive`,
      verdict: atMost(tails("pounce").median, 1.15),
    },
    {
      requirement: "saturated: HUP to first new answer, pounce / naive",
      limit: "<= 1.1",
      measured: formatRatio(soon),
      control: "",
      verdict: atMost(soon.median, 1.1),
    },
    {
      requirement: "a connection a request, three reloads: requests/s, pounce / naive",
      limit: ">= 0.98",
      measured: formatRatio(anew),
      control: "",
      verdict: atLeast(anew.median, 0.98),
    },
    shown("  no reload, keep-alive: requests/s, pounce / naive", formatRatio(still)),
  ];
}
