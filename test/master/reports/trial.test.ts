// What `status`, receipts and metrics show of a trial.
import { describe, expect, test } from "bun:test";
import { judge } from "../../../src/core/verdict.ts";
import { formatEntry } from "../../../src/log/format.ts";
import { realClock } from "../../../src/master/real/clock.ts";
import { realPages } from "../../../src/master/real/pages.ts";
import { realProcess } from "../../../src/master/real/process.ts";
import { CounterPages } from "../../../src/master/reports/counter-pages.ts";
import { Metrics } from "../../../src/master/reports/metrics.ts";
import { receiptWords } from "../../../src/master/reports/receipt-words.ts";
import { Receipts } from "../../../src/master/reports/receipts.ts";
import { generationSnapshots } from "../../../src/master/reports/status.ts";
import { underWay } from "../../../src/master/reports/under-way.ts";
import { serving, type Scenario, started } from "../../core/scenario.ts";
import { BAKE, CANARY, comparison, figures, measure, PLAIN, tried } from "../../core/trials.ts";
import type { Receipt } from "../../../src/admin/protocol.ts";

const inCanary = (): Scenario => tried(CANARY);
const inBake = (): Scenario => tried(BAKE);

const snapshots = ({ state, nowMs }: Scenario) =>
  generationSnapshots(state, new Map(), new Map(), nowMs).map(({ generation, role, trial }) => ({
    generation,
    role,
    trial,
  }));

const words = ({ state, nowMs }: Scenario): string[] =>
  underWay(state, nowMs).map((activity) => `${activity.what}: ${activity.words}`);

describe("status shows", () => {
  test("no trial, where there is none", () => {
    expect(snapshots(serving())).toEqual([{ generation: 0, role: "serving", trial: null }]);
  });

  test("a canary, its share, how long it lasts and its figures so far", () => {
    const server = measure(inCanary().pass(10_400), 1, comparison(figures(7, 3, 12.3456)));
    const pair = {
      new: { requests: 7, errors: 3, unanswered: 0, p99_ms: 12.35 },
      old: { requests: 1000, errors: 0, unanswered: 0, p99_ms: 10 },
    };
    expect(snapshots(server)).toEqual([
      { generation: 0, role: "serving", trial: null },
      {
        generation: 1,
        role: "canary",
        trial: {
          stage: "canary",
          share: 0.1,
          remaining: 19.6,
          troubles: 0,
          measured: { ...pair, recent: pair },
        },
      },
    ]);
    expect(words(server)).toEqual([
      "reload: generation 1: on trial with 10 % of new connections, 19.6s to go: " +
        "7 requests; errors 42.9 %, before 0.0 %; p99 12ms, before 10ms",
    ]);
  });

  test("a bake, and who is in standby", () => {
    const server = inBake().pass(15_000);
    expect(snapshots(server)).toEqual([
      { generation: 0, role: "standby", trial: null },
      {
        generation: 1,
        role: "serving",
        trial: { stage: "bake", share: 1, remaining: 45, troubles: 0, measured: null },
      },
    ]);
    expect(words(server)).toEqual([
      "reload: generation 1: on trial, with generation 0 in standby, 45s to go",
    ]);
  });

  test("workers that were lost in standby, and why they are not replaced", () => {
    const server = inBake().crash(0);
    const told = "reload: generation 1: on trial, with generation 0 in standby, 60s to go";
    expect(words(server)).toEqual([`${told}; only 1 of 2 workers in standby`]);
    server.send(started(4)).send({ type: "worker-outdated", worker: 4, files: ["app.ts"] });
    const why = "app.ts has changed since generation 0 was loaded: put the files back";
    expect(words(server)).toEqual([`${told}; only 1 of 2 workers in standby: ${why}`]);
  });
});

/** The receipt of a reload with a trial, steered after 50 ms, and let go of after 4 s. */
function receiptOf(outcome: "completed" | "rolled-back", requests: number, errors: number) {
  const receipts = new Receipts(realClock);
  const generation = 1;
  receipts.observe({ type: "reload-began", generation }, 1000);
  receipts.observe({ type: "end-comparison", generation }, 1020);
  receipts.observe({ type: "reload-steered", generation }, 1050);
  receipts.observe({ type: "end-comparison", generation }, 5000);
  const verdict = judge(PLAIN, comparison(figures(requests, errors)), 0);
  const [reason, workers] = outcome === "completed" ? [undefined, 2] : [verdict.words, 0];
  if (outcome === "rolled-back") {
    receipts.observe({ type: "reload-undone", generation, reason: verdict.words }, 5001);
  }
  const worker = outcome === "completed" ? 0 : 2;
  receipts.observe({ type: "reload-drains", generation, worker }, 5001);
  receipts.noteDrain(2, { served: 7, idleClosed: 1, forcedConnections: 2, forcedRequests: [] });
  receipts.noteDrain(0, { served: 4, idleClosed: 0, forcedConnections: 0, forcedRequests: [] });
  const ended = { type: "reload-ended", generation, outcome, reason, workers, verdict } as const;
  const receipt = receipts.observe(ended, 6300);
  if (receipt === undefined) throw new Error("a reload that has ended has no receipt");
  return receipt;
}

/** The receipt of a reload without a verdict. */
function unjudged(outcome: "completed" | "rolled-back", wantsTrial: boolean): Receipt | undefined {
  const receipts = new Receipts(realClock);
  receipts.observe({ type: "reload-began", generation: 1 }, 1000);
  const ended = {
    type: "reload-ended",
    generation: 1,
    outcome,
    reason: undefined,
    workers: 1,
  } as const;
  return receipts.observe({ ...ended, ...(wantsTrial && { wantsTrial }) }, 2000);
}

describe("a receipt", () => {
  test("of a bad version says so, with the figures, and has the drain of its workers", () => {
    expect(receiptOf("rolled-back", 100, 50)).toMatchObject({
      outcome: "rolled-back",
      judged: true,
      verdict: { verdict: "bad", measured: { new: { requests: 100, errors: 50 } } },
      ready_ms: 50,
      drain_ms: 1299,
      requests: { served_while_draining: 7 },
      connections: { idle_closed: 1, forced: 2 },
      workers: 0,
    });
  });

  test("of a good version counts its drain from the end of the trial", () => {
    expect(receiptOf("completed", 100, 0)).toMatchObject({
      outcome: "completed",
      judged: true,
      verdict: { verdict: "good" },
      ready_ms: 50,
      drain_ms: 1300,
      requests: { served_while_draining: 4 },
    });
  });

  test.each<[string, "completed" | "rolled-back", boolean]>([
    ["cut short says that it was not judged", "completed", true],
    ["ended by somebody does, too", "rolled-back", true],
  ])("of a trial that was %s", (_name, outcome, wantsTrial) => {
    expect(unjudged(outcome, wantsTrial)).toMatchObject({ outcome, judged: false, verdict: null });
  });

  test("without a trial says that what has loaded is fit", () => {
    expect(unjudged("completed", false)).toMatchObject({ judged: true, verdict: null });
  });

  test("of a version that too few have asked says that it was not judged", () => {
    expect(receiptOf("completed", 9, 9)).toMatchObject({
      outcome: "completed",
      judged: false,
      verdict: { verdict: "too-few" },
    });
  });

  test("has its verdict in the log, as fields of the entry in JSON", () => {
    const receipt = receiptOf("rolled-back", 100, 50);
    const [message, fields, inText] = receiptWords(receipt);
    expect(message).toStartWith("Reload to generation 1 rolled-back");
    const entry = { time: new Date(0), level: "info", event: "receipt", message, fields } as const;
    const line: unknown = JSON.parse(formatEntry({ ...entry, inText }, "json", false));
    expect(line).toMatchObject({ verdict: { verdict: "bad", troubles: 0 } });
  });
});

test("metrics count rollbacks and verdicts, and know generations by role", () => {
  const metrics = new Metrics(new CounterPages(realPages), realClock, realProcess);
  metrics.noteReceipt(receiptOf("rolled-back", 100, 50));
  metrics.noteReceipt(receiptOf("completed", 9, 9));
  const lines = metrics.text(inCanary().state, []).split("\n");
  for (const line of [
    'pounce_reloads_total{outcome="completed"} 1',
    'pounce_reloads_total{outcome="rolled-back"} 1',
    'pounce_reload_verdicts_total{verdict="bad"} 1',
    'pounce_reload_verdicts_total{verdict="good"} 0',
    'pounce_reload_verdicts_total{verdict="too-few"} 1',
    'pounce_generations{role="serving"} 1',
    'pounce_generations{role="canary"} 1',
    "pounce_canary_share 0.1",
    "pounce_drain_duration_seconds_sum 1.3",
  ]) {
    expect(lines).toContain(line);
  }
  expect(metrics.text(inBake().state, [])).toContain('pounce_generations{role="standby"} 1');
});

test("metrics count what standby has lost, as long as somebody is in standby", () => {
  const metrics = new Metrics(new CounterPages(realPages), realClock, realProcess);
  const missing = ({ state }: Scenario) =>
    /^pounce_standby_workers_missing .*$/m.exec(metrics.text(state, []))?.[0];
  const server = inBake();
  expect(missing(server)).toBe("pounce_standby_workers_missing 0");
  expect(missing(server.crash(0))).toBe("pounce_standby_workers_missing 1");
  expect(missing(serving())).toBeUndefined();
});
