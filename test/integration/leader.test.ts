// A job that is to run once does: whatever happens to the server, one worker leads, never two, and
// not for long nobody. The job is a timer of each leader that writes a line into a file.
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { honoApp } from "../helpers/fixtures.ts";
import { handOver } from "../helpers/handover.ts";
import { expectNoLoss, startLoad } from "../helpers/load.ts";
import { freePort } from "../helpers/ports.ts";
import {
  pounce,
  type ServerProcess,
  startControlled,
  startPounce,
  stopAllServers,
} from "../helpers/server.ts";
import { until } from "../helpers/until.ts";

setDefaultTimeout(60_000);
afterAll(stopAllServers);

/** The promise: longer than this nobody leads only if nobody serves. */
const LONGEST_GAP_MS = 2000;

/** Each term writes who it is, every 20 ms, as long as it leads. */
const jobs = (version: string): string => `
import { appendFileSync, existsSync, rmSync } from "node:fs";
let terms = 0;
const note = (fields) => appendFileSync("jobs.log", JSON.stringify({ pid: process.pid, ms: Date.now(), ...fields }) + "\\n");
export const leader = (context) => {
  const { worker, generation, slot, signal } = context;
  const term = process.pid + "." + terms++;
  note({ term, what: "begin", isLeader: context.isLeader, worker, generation, slot });
  const timer = setInterval(() => {
    if (!context.isLeader) return;
    note({ term, what: "job" });
    if (existsSync("throw")) { rmSync("throw"); throw new Error("thrown by a job"); }
  }, 20);
  signal.addEventListener("abort", () => {
    clearInterval(timer);
    note({ term, what: "abort", isLeader: context.isLeader, reason: String(signal.reason) });
  });
};
export const shutdown = (context) => note({ term: "", what: "shutdown", isLeader: context.isLeader });
${honoApp(version)}`;

interface Line {
  readonly pid: number;
  readonly ms: number;
  readonly term: string;
  readonly what: "begin" | "job" | "abort" | "shutdown";
  readonly isLeader?: boolean;
  readonly slot?: number;
  readonly reason?: string;
}

function linesOf({ dir }: ServerProcess): Line[] {
  const path = join(dir, "jobs.log");
  if (!existsSync(path)) return [];
  // A line may be about to be written.
  const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line));
}

/** Who leads, by what it did last. */
function leaderOf(server: ServerProcess): Line | undefined {
  const last = linesOf(server).findLast(({ what }) => what !== "shutdown");
  return last?.what === "abort" ? undefined : last;
}

/** Resolves when another term has begun, and did its job. */
async function untilOther(server: ServerProcess, before: Line | undefined): Promise<Line> {
  await until("another leader", () => {
    const now = leaderOf(server);
    return now?.what === "job" && now.term !== before?.term;
  });
  return leaderOf(server) as Line;
}

/** What one term did is never between things that another one did. Returns the longest gap. */
function checkLines(lines: readonly Line[]): { readonly terms: number; readonly gapMs: number } {
  const acts = lines.filter(({ what }) => what === "begin" || what === "job");
  const over = new Set<string>();
  let gapMs = 0;
  for (const [at, { term, ms }] of acts.entries()) {
    const before = acts[at - 1];
    if (before === undefined) continue;
    if (before.term !== term) over.add(before.term);
    expect(over).not.toContain(term);
    gapMs = Math.max(gapMs, ms - before.ms);
  }
  return { terms: over.size + 1, gapMs };
}

test("one worker leads, over reloads, a SIGKILL and an uncaught error, under load", async () => {
  await using server = await startPounce({ app: jobs("v0"), config: { workers: 2 } });
  const load = startLoad({
    port: server.port,
    modes: ["keep-alive"],
    clients: 8,
    keepAliveMs: 2000,
  });
  let leader = await untilOther(server, undefined);
  for (const version of ["v1", "v2", "v3"]) {
    await server.writeApp(jobs(version));
    await server.steer();
    leader = await untilOther(server, leader);
  }
  expectNoLoss(await load.stop());
  process.kill(leader.pid, "SIGKILL");
  leader = await untilOther(server, leader);
  writeFileSync(join(server.dir, "throw"), "");
  leader = await untilOther(server, leader);
  await server.stop();
  const lines = linesOf(server);
  const { terms, gapMs } = checkLines(lines);
  expect(terms).toBe(6);
  expect(gapMs).toBeLessThan(LONGEST_GAP_MS);
  for (const { what, isLeader, slot } of lines) {
    if (what === "begin") expect([isLeader, slot === 0 || slot === 1]).toEqual([true, true]);
    if (what === "abort" || what === "shutdown") expect(isLeader).toBe(false);
  }
  // In the process that drains, the signal is aborted before its `shutdown` is called.
  const ofLast = lines.filter(({ pid }) => pid === leader.pid).map(({ what }) => what);
  expect(ofLast.slice(-2)).toEqual(["abort", "shutdown"]);
});

test("a leader whose loop hangs is followed within 2 seconds, and does nothing when it goes on", async () => {
  await using server = await startPounce({ app: jobs("v0"), config: { workers: 2 } });
  const first = await untilOther(server, undefined);
  process.kill(first.pid, "SIGSTOP");
  try {
    await untilOther(server, first);
  } finally {
    process.kill(first.pid, "SIGCONT");
  }
  await until("it has been told", () =>
    linesOf(server).some(({ what, pid }) => what === "abort" && pid === first.pid),
  );
  await Bun.sleep(100);
  const lines = linesOf(server);
  expect(checkLines(lines).terms).toBe(2);
  expect(checkLines(lines).gapMs).toBeLessThan(LONGEST_GAP_MS);
  expect(lines.find(({ what }) => what === "abort")?.reason).toContain("did not answer in time");
});

test("over a handover to a new binary too", async () => {
  await using server = await startPounce({ app: jobs("v0"), copyBinary: true });
  const first = await untilOther(server, undefined);
  const { after } = await handOver(server);
  await server.waitForLog("Graceful reload complete", { after });
  await untilOther(server, first);
  const { terms, gapMs } = checkLines(linesOf(server));
  expect(terms).toBe(2);
  expect(gapMs).toBeLessThan(LONGEST_GAP_MS);
});

test("nobody leads without a master", async () => {
  await using server = await startPounce({ app: jobs("v0") });
  await untilOther(server, undefined);
  process.kill(server.pid, "SIGKILL");
  await until("the leader has stopped", () => leaderOf(server) === undefined);
  expect(linesOf(server).filter(({ what }) => what === "begin")).toHaveLength(1);
});

test("a program that starts its own server may export a leader, and ask in its startup's context", async () => {
  const app = `
import { appendFileSync } from "node:fs";
Bun.serve({ fetch: () => new Response("v0") });
const note = (what) => appendFileSync("jobs.log", JSON.stringify({ pid: process.pid, ms: Date.now(), term: String(process.pid), what }) + "\\n");
export const startup = (context) => {
  if (context.isLeader) note("begin");
  setInterval(() => context.isLeader && note("job"), 20);
};
export const leader = () => note("begin");
`;
  await using server = await startPounce({ app, config: { workers: 2 } });
  const first = await untilOther(server, undefined);
  await server.steer();
  await untilOther(server, first);
  const lines = linesOf(server);
  expect(checkLines(lines).terms).toBe(2);
  expect(lines.filter(({ what }) => what === "begin")).toHaveLength(2);
});

test("status and metrics say which worker leads, for an app that has a use for it", async () => {
  const metrics = { port: await freePort() };
  await using server = await startControlled({ app: jobs("v0"), config: { workers: 2, metrics } });
  await untilOther(server, undefined);
  expect((await pounce(server, "status")).stdout).toMatch(/ 0 +0 +ready, leads /);
  const { generations } = JSON.parse((await pounce(server, "status", "--json")).stdout);
  expect(generations[0].workers).toMatchObject([{ leader: true }, { leader: false }]);
  const text = await (await fetch(`http://127.0.0.1:${metrics.port}/metrics`)).text();
  expect(text).toContain("\npounce_leader 0\n");
});
