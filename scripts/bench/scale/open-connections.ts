// What a reload adds to the cost of a server while up to 10,000 connections are open that have been
// used and are idle. No client opens one again that the server has closed.
//
// The old workers live until their connections end by the keep-alive limit. That they live, and
// that they close connections in the end, costs something without a reload too. So a server that is
// not reloaded, with as many connections, is measured at the same time: the difference is what the
// reload costs. Raw `Bun.serve` is there to show what the closing itself takes.
import { Clients } from "../goals/clients.ts";
import { pairOf } from "../goals/ours.ts";
import { type Ours, startSubject, type Subject, type SubjectName } from "../goals/subjects.ts";
import type { Bench, Findings } from "../measure.ts";
import { familyCpuMicros } from "../proc.ts";
import { judged, type Row, shown } from "../report.ts";
import { median } from "../statistics.ts";
import { formatValue } from "../table.ts";
import { repeatConnections, type SizedRound } from "./rounds.ts";

const COUNTS = [0, 100, 1_000, 10_000];
/** The most that a reload with any number may cost of what one with none costs. */
const LIMIT = 2;
/** Long enough for every connection to be used once. */
const USE_MS = 300;
/** A worker looks at each new connection once, within three seconds. */
const SETTLE_MS = 3_000;
/** What a process still does once it is up, and the old ones at their end. */
const END_MS = 500;
const LOOK_MS = 200;
/** Raw Bun looks for idle connections each four seconds. */
const CLOSED_WITHIN_MS = 30_000;
/** How many servers have connections at a time. */
const SERVERS = 3;

interface Found {
  /** CPU time of all processes of the server, until the connections of all servers are closed. */
  readonly reloadedMs: number;
  /** Of a server that is not reloaded. */
  readonly stillMs: number;
  /** Of raw Bun. */
  readonly rawMs: number;
  /** From the signal until the old workers are gone. */
  readonly completeMs: number;
}

type Round = Partial<Record<Ours, Found>>;

export async function openConnections(bench: Bench): Promise<Findings> {
  const clients = new Clients();
  const ours: Ours[] = bench.workspace.before === undefined ? ["pounce"] : ["pounce", "before"];
  const found = await repeatConnections<Round>(
    bench,
    { counts: COUNTS, servers: SERVERS, what: "open connections" },
    async (count) => {
      const round: Round = {};
      for (const name of ours) round[name] = await measure(bench, clients, name, count);
      return round;
    },
    report,
  );
  await clients.end();
  return found;
}

/** The server that is reloaded is the last to get its connections: they are closed last. */
async function measure(
  { workspace }: Bench,
  clients: Clients,
  name: Ours,
  count: number,
): Promise<Found> {
  const start = (subject: SubjectName): Promise<Subject> =>
    startIdle(workspace, clients, subject, count);
  const raw = await start("raw");
  const still = await start(name);
  const reloaded = await start(name);
  const all = [reloaded, still, raw];
  await Bun.sleep(SETTLE_MS);
  const before = all.map(cpuMicros);
  const sentMs = performance.now();
  await reloaded.reload().complete;
  const completeMs = performance.now() - sentMs;
  await untilClosed(clients, count > 0 ? all.map(({ port }) => port) : []);
  await Bun.sleep(END_MS);
  const [reloadedMs = NaN, stillMs = NaN, rawMs = NaN] = all.map(
    (subject, index) => (cpuMicros(subject) - (before[index] ?? NaN)) / 1000,
  );
  for (const subject of all) {
    if (count > 0) await clients.close(subject.port);
    await subject.end();
  }
  return { reloadedMs, stillMs, rawMs, completeMs };
}

/** A server with connections that have been used and are idle. */
async function startIdle(
  workspace: Bench["workspace"],
  clients: Clients,
  name: SubjectName,
  count: number,
): Promise<Subject> {
  const subject = await startSubject(workspace, name);
  if (count === 0) return subject;
  await clients.open(subject.port, "kept", count);
  await clients.slice(subject.port, USE_MS);
  await clients.hold(subject.port);
  return subject;
}

function cpuMicros({ roots }: Subject): number {
  return roots.reduce((sum, pid) => sum + familyCpuMicros(pid), 0);
}

async function untilClosed(clients: Clients, ports: readonly number[]): Promise<void> {
  const deadlineMs = performance.now() + CLOSED_WITHIN_MS;
  for (const port of ports) {
    while ((await clients.count(port)) > 0) {
      if (performance.now() > deadlineMs) throw new Error("idle connections were not closed");
      await Bun.sleep(LOOK_MS);
    }
  }
}

function added({ reloadedMs, stillMs }: Found): number {
  return reloadedMs - stillMs;
}

function report(rounds: readonly SizedRound<Round>[], count: number): Row[] {
  const of = (name: Ours, figure: (found: Found) => number, size = count): number[] =>
    rounds.map((round) => {
      const found = round[size]?.[name];
      return found === undefined ? Number.NaN : figure(found);
    });
  const hasBefore = rounds.every((round) => round[count]?.before !== undefined);
  const pair = (figures: (name: Ours) => readonly number[]) => pairOf(hasBefore, figures);
  const text = (figure: (found: Found) => number, size?: number): string =>
    formatValue(median(of("pounce", figure, size)), "ms");
  const whole = shown({
    requirement: `CPU time of a reload, ${count} open connections`,
    unit: "ms",
    ...pair((name) => of(name, added)),
    detail:
      `${text(({ reloadedMs }) => reloadedMs)} until all are closed, ` +
      `${text(({ stillMs }) => stillMs)} without a reload, raw ${text(({ rawMs }) => rawMs)}`,
  });
  const complete = shown({
    requirement: "  HUP to the end of the old workers",
    unit: "ms",
    ...pair((name) => of(name, ({ completeMs }) => completeMs)),
  });
  if (count === 0) return [whole, complete];
  const none = (name: Ours): number[] => of(name, added, 0);
  const ratio = judged({
    requirement: `  ${count} open connections / none`,
    unit: "ratio",
    limit: { atMost: LIMIT },
    ...pair((name) => of(name, added).map((ms, index) => ms / (none(name)[index] ?? Number.NaN))),
    detail: `${text(added)} / ${text(added, 0)}`,
  });
  return [whole, ratio, complete];
}
