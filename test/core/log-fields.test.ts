// What entries of the log say for programs, beside their words.

import { expect, test } from "bun:test";
import type { LogFields } from "../../src/core/effects.ts";
import { END, type Scenario, serving, START, steered } from "./scenario.ts";

/** The events of the log since the last look, each with its fields. */
function fieldsOf(server: Scenario): [string, LogFields | undefined][] {
  return server.takeOnly("log").map(({ event, fields }) => [event, fields]);
}

test("a reload names its generations and workers", () => {
  const server = serving();
  server.reload().obey(...START, ...END);
  expect(fieldsOf(server)).toEqual([
    ["reload-started", { generation: 1, by: "SIGHUP" }],
    ["app-imported", { generation: 1, app: "./app.ts" }],
    ["workers-spawning", { generation: 1, workers: 2 }],
    ["draining", { generation: 0 }],
    ["worker-idle", { worker: 0, generation: 0, slot: 0 }],
    ["worker-idle", { worker: 1, generation: 0, slot: 1 }],
    ["reload-complete", { generation: 1, workers: 2 }],
  ]);
});

test("a crash names the worker, how it ended, and when it is replaced", () => {
  const server = serving().crash(1);
  expect(fieldsOf(server)).toEqual([
    ["worker-crashed", { worker: 1, generation: 0, slot: 1, how: "signal SIGSEGV" }],
    ["respawn", { worker: 1, generation: 0, slot: 1, delay_ms: 0 }],
  ]);
});

test("a worker stopped by force tells what it was doing", () => {
  const server = steered({ workers: 1 });
  server.take();
  server.pass(30_000);
  const oldest = { method: "GET", path: "/slow", ageMs: 31_250 };
  server.send({
    type: "worker-forced",
    worker: 0,
    unfinished: { connections: 3, inFlight: 2, oldest },
  });
  const about = { worker: 0, generation: 0, slot: 0, timeout_ms: 30_000 };
  const request = { method: "GET", path: "/slow", age_ms: 31_250 };
  expect(fieldsOf(server)).toEqual([
    ["worker-forced", { ...about, connections: 3, in_flight: 2, oldest: request }],
  ]);
});
