// What the receipts and the metrics are told, and by which configuration the server goes.

import { describe, expect, test } from "bun:test";
import type { Effect } from "../../src/core/effects.ts";
import { END, Scenario, serving, START } from "./scenario.ts";

const REPORTS: ReadonlySet<Effect["type"]> = new Set([
  "use-config",
  "forget-config",
  "reload-began",
  "reload-steered",
  "reload-ended",
  "worker-crashed",
  "worker-respawned",
]);

/** In short: the type, and the generation or the worker that it is about. */
function reportsOf(server: Scenario): string[] {
  return server.take().flatMap((effect) => {
    if (!REPORTS.has(effect.type)) return [];
    const about = "generation" in effect ? effect.generation : "worker" in effect && effect.worker;
    return [`${effect.type} ${about}`];
  });
}

const start = (): Scenario => new Scenario().send({ type: "tick" });
const reloading = (): Scenario => serving().reload().obey("load-config");
const uncaught = { type: "worker-uncaught", worker: 1, error: "Error" } as const;

const TABLE: readonly [what: string, server: () => Scenario, reports: readonly string[]][] = [
  ["a start", () => start().obey(...START), ["use-config 0"]],
  ["a start that fails", () => start().crash(0), ["forget-config 0"]],
  [
    "a reload, until the old version has gone",
    () =>
      serving()
        .reload()
        .obey(...START, ...END),
    ["reload-began 1", "use-config 1", "reload-steered 1", "forget-config 0", "reload-ended 1"],
  ],
  [
    "a reload whose app fails",
    () => reloading().send({ type: "worker-failed", worker: 2, reason: "no" }).obey("stop"),
    ["reload-began 1", "reload-ended 1", "forget-config 1"],
  ],
  [
    "a reload whose configuration is rejected: there is none to forget",
    () =>
      serving().reload().send({ type: "config-rejected", generation: 1, reason: "no such key" }),
    ["reload-began 1", "reload-ended 1"],
  ],
  ["a crash", () => serving().crash(1), ["worker-crashed 1", "worker-respawned 1"]],
  ["a crash of a worker that drains", () => serving().scale(-1).crash(1), ["worker-crashed 1"]],
  ["a worker that is replaced as its app threw", () => serving().send(uncaught), []],
  [
    "a replacement that ends before it is ready: one more crash, and one more replacement",
    () => serving().crash(1).crash(2),
    ["worker-crashed 1", "worker-respawned 1", "worker-crashed 2", "worker-respawned 2"],
  ],
  [
    "a stop",
    () =>
      serving()
        .stop("graceful")
        .obey(...END),
    [],
  ],
];

describe("what is reported", () => {
  for (const [what, server, reports] of TABLE) {
    test(what, () => expect(reportsOf(server())).toEqual([...reports]));
  }
});

test("a reload says whose drain is counted to it, and what it was like at its end", () => {
  const server = serving({ workers: 2 });
  server.written = { ...server.written, workers: 3 };
  server.reload().obey(...START, ...END);
  const effects = server.take();
  expect(effects.filter(({ type }) => type === "reload-drains")).toEqual([
    { type: "reload-drains", generation: 1, worker: 0 },
    { type: "reload-drains", generation: 1, worker: 1 },
  ]);
  const outcome = "completed";
  const ended = { type: "reload-ended", generation: 1, outcome, workers: 3 } as const;
  expect(effects).toContainEqual({ ...ended, reason: undefined });
});

test("a generation whose reload ends after its last worker has gone is forgotten at once", () => {
  const server = serving({ workers: 1 });
  // Worker 0 drains for longer than worker 1, which has replaced it.
  server
    .reload()
    .obey(...START)
    .reload()
    .obey(...START);
  server.send({ type: "worker-idle", worker: 1 });
  server.send({ type: "worker-exited", worker: 1, how: "exit code 0" });
  server.send({ type: "worker-idle", worker: 0 });
  server.take();
  server.send({ type: "worker-exited", worker: 0, how: "exit code 0" });
  expect(reportsOf(server)).toEqual(["forget-config 0", "reload-ended 1", "forget-config 1"]);
});

test("the configuration is read with the addresses that workers have already", () => {
  const held = ["127.0.0.1:8000"];
  expect(serving().reload().takeOnly("load-config")).toEqual([
    { type: "load-config", generation: 1, held },
  ]);
});
