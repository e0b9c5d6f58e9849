// Receipts of reloads, by what happened.
import { expect, test } from "bun:test";
import { formatEntry } from "../../../src/log/format.ts";
import { receiptWords } from "../../../src/master/reports/receipt-words.ts";
import { realClock } from "../../../src/master/real/clock.ts";
import { Receipts } from "../../../src/master/reports/receipts.ts";

function reloadOf(outcome: "completed" | "rejected", receipts = new Receipts(realClock)) {
  const generation = 1;
  receipts.observe({ type: "reload-began", generation }, 1000);
  receipts.observe({ type: "spawn", worker: 2, generation, slot: 0 }, 1010);
  if (outcome === "completed") {
    receipts.observe({ type: "reload-steered", generation }, 1050);
    receipts.observe({ type: "spawn", worker: 3, generation, slot: 0 }, 1090);
  }
  receipts.observe({ type: "reload-drains", generation, worker: 0 }, 1050);
  const forcedRequests = [{ method: "GET", path: "/", age_ms: 9 }];
  receipts.noteDrain(0, { served: 3, idleClosed: 2, forcedConnections: 1, forcedRequests });
  // Of a worker that was forced to end, and says once more what it has served, when it is idle.
  receipts.noteDrain(0, { served: 3, idleClosed: 0, forcedConnections: 0, forcedRequests: [] });
  receipts.noteDrain(7, { served: 99, idleClosed: 0, forcedConnections: 0, forcedRequests: [] });
  const [reason, workers] = outcome === "completed" ? [undefined, 2] : ["SyntaxError", 0];
  return receipts.observe({ type: "reload-ended", generation, outcome, reason, workers }, 2300);
}

test("a worker that is forced when it has just become idle says both, and is counted once", () => {
  const receipts = new Receipts(realClock);
  receipts.observe({ type: "reload-began", generation: 1 }, 1000);
  receipts.observe({ type: "reload-drains", generation: 1, worker: 0 }, 1000);
  const nothingForced = { idleClosed: 0, forcedConnections: 0, forcedRequests: [] };
  receipts.noteDrain(0, { served: 3, ...nothingForced });
  receipts.noteDrain(0, { served: 3, ...nothingForced, idleClosed: 1 });
  const ended = { outcome: "completed", reason: undefined, workers: 1 } as const;
  const receipt = receipts.observe({ type: "reload-ended", generation: 1, ...ended }, 2000);
  expect(receipt?.requests.served_while_draining).toBe(3);
  expect(receipt?.connections.idle_closed).toBe(1);
});

test("a reload that was completed has its times, and what its drain served and forced", () => {
  expect(reloadOf("completed")).toEqual({
    generation: 1,
    outcome: "completed",
    reason: null,
    workers: 2,
    app_path: null,
    app_link: null,
    spawn_ms: 10,
    ready_ms: 50,
    drain_ms: 1250,
    judged: true,
    verdict: null,
    requests: {
      served_while_draining: 3,
      forced: 1,
      forced_requests: [{ worker: 0, method: "GET", path: "/", age_ms: 9 }],
    },
    connections: { idle_closed: 2, forced: 1 },
  });
});

test("a reload that was rejected has the reason, and no drain", () => {
  expect(reloadOf("rejected")).toMatchObject({
    outcome: "rejected",
    reason: "SyntaxError",
    workers: 0,
    ready_ms: null,
    drain_ms: null,
  });
});

test("status knows of a rollback at once, and a newer reload comes after it", () => {
  const receipts = new Receipts(realClock);
  const begin = (generation: number): unknown =>
    receipts.observe({ type: "reload-began", generation }, 0);
  const end = (generation: number, outcome: "completed" | "rolled-back"): unknown =>
    receipts.observe(
      { type: "reload-ended", generation, outcome, reason: undefined, workers: 1 },
      9,
    );
  begin(1);
  receipts.observe({ type: "reload-undone", generation: 1, reason: "bad" }, 5);
  expect(receipts.last).toMatchObject({ generation: 1, outcome: "rolled-back", reason: "bad" });
  expect(receipts.of(1)).toBeUndefined();
  begin(2);
  end(2, "completed");
  end(1, "rolled-back");
  expect(receipts.last).toMatchObject({ generation: 2, outcome: "completed" });
});

test("the last spawn is of a worker that the new generation waited for, not of a crashed one", () => {
  expect(reloadOf("completed")?.spawn_ms).toBe(10);
});

test("an old generation that goes before the new one starts has drained by then", () => {
  const receipts = new Receipts(realClock);
  receipts.observe({ type: "reload-began", generation: 1 }, 1000);
  receipts.observe({ type: "reload-drains", generation: 1, worker: 0 }, 1005);
  receipts.observe({ type: "reload-drains", generation: 1, worker: 1 }, 1005);
  receipts.observe({ type: "spawn", worker: 2, generation: 1, slot: 0 }, 2205);
  receipts.observe({ type: "spawn", worker: 3, generation: 1, slot: 1 }, 2300);
  receipts.observe({ type: "reload-steered", generation: 1 }, 2400);
  const ended = { outcome: "completed", reason: undefined, workers: 2 } as const;
  const receipt = receipts.observe({ type: "reload-ended", generation: 1, ...ended }, 2401);
  expect(receipt).toMatchObject({ ready_ms: 1400, drain_ms: 1200 });
});

test("the last twenty are kept", () => {
  const receipts = new Receipts(realClock);
  for (let count = 0; count < 25; count++) reloadOf("completed", receipts);
  expect(receipts.kept).toHaveLength(20);
});

test("a receipt is fields of its entry in JSON, and one line in text", () => {
  const receipt = reloadOf("completed");
  if (receipt === undefined) throw new Error("there is no receipt");
  const [message, fields, inText] = receiptWords(receipt);
  const entry = {
    level: "info",
    event: "receipt",
    message,
    fields,
    inText,
    time: new Date(),
  } as const;
  expect(JSON.parse(formatEntry(entry, "json", false))).toEqual({
    time: entry.time.toISOString(),
    level: "info",
    event: "receipt",
    msg: "Reload to generation 1 completed, 1 request(s) and 1 connection(s) forced",
    ...receipt,
  });
  expect(formatEntry(entry, "text", true)).toBe(`[INFO] Receipt ${JSON.stringify(receipt)}\n`);
});
