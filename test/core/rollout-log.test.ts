// The log of a reload, word for word and in order.

import { expect, test } from "bun:test";
import { END, Scenario, serving, START, steered } from "./scenario.ts";

test("a reload says what the contract promises, line by line", () => {
  const server = serving();
  server.written = { ...server.written, workers: 4 };
  server.reload().obey(...START, ...END);
  expect(server.takeLog()).toEqual([
    "[INFO] Received SIGHUP — triggering graceful reload",
    "[INFO] Successfully reimported app from ./app.ts",
    "[INFO] Spawning 4 new worker(s) (generation 1)...",
    "[INFO] New workers spawned. Draining old workers (generation 0)...",
    "[INFO] Worker 0 (generation 0) is idle",
    "[INFO] Worker 1 (generation 0) is idle",
    "[INFO] Graceful reload complete. Running 4 worker(s) on generation 1",
  ]);
});

test("a reload whose drain is cut short says so, and completes", () => {
  const server = steered({ workers: 1 });
  server.take();
  server.pass(30_000);
  const unfinished = {
    connections: 3,
    inFlight: 2,
    oldest: { method: "GET", path: "/slow", ageMs: 31_250 },
  };
  server.send({ type: "worker-forced", worker: 0, unfinished });
  server.crash(0);
  expect(server.takeLog()).toEqual([
    "[WARN] Worker 0 (generation 0) did not become idle after 30s — forcing shutdown " +
      "(3 connection(s), 2 in flight, oldest GET /slow for 31.3s)",
    "[INFO] Graceful reload complete. Running 1 worker(s) on generation 1",
  ]);
});

test("a start says what serves, and then where it listens", () => {
  const server = new Scenario().send({ type: "tick" }).obey(...START);
  expect(server.take().slice(-2)).toMatchObject([
    { type: "tell-serving", generation: 0, app: "./app.ts", workers: 2 },
    { type: "log", level: "info", message: "Listening on http://127.0.0.1:8000" },
  ]);
});

test("a rejected reload has one ERROR of the app's own, then the fixed line", () => {
  const server = serving().reload().obey("load-config");
  server.take();
  server.send({ type: "worker-failed", worker: 2, reason: "app.ts:3:1 SyntaxError" });
  server.obey(...END);
  expect(server.takeLog()).toEqual([
    "[ERROR] app.ts:3:1 SyntaxError",
    "[ERROR] Reload failed — continuing with previous version",
  ]);
});

test("an error that every worker has is reported for the first one only", () => {
  const server = serving().reload().obey("load-config", "spawn");
  server.take();
  server.send({ type: "worker-failed", worker: 3, reason: "warm-up failed" });
  server.send({ type: "worker-failed", worker: 2, reason: "warm-up failed" });
  server.crash(2).crash(3);
  expect(server.takeLog()).toEqual([
    "[ERROR] warm-up failed",
    "[ERROR] Reload failed — continuing with previous version",
  ]);
});

test("what the app should know is reported once for each version, not by every worker", () => {
  const server = serving().reload().obey("load-config");
  server.take();
  for (const worker of [2, 3]) {
    const notes = ["the app listens by itself"];
    server.send({ type: "worker-loaded", worker, notes, remarks: ["it asks for port 3000"] });
  }
  const notes = server.takeOnly("log").filter(({ event }) => event === "app-note");
  expect(notes).toMatchObject([
    { level: "warn", message: "the app listens by itself", fields: { generation: 1 } },
    { level: "info", message: "it asks for port 3000", fields: { generation: 1 } },
  ]);
});

test("a version that does not load, and whose error page serves, is never told as a success", () => {
  const server = serving().reload().obey("load-config");
  server.take();
  for (const worker of [2, 3]) {
    server.send({ type: "worker-loaded", worker, failure: "app ./app.ts: SyntaxError" });
  }
  expect(server.takeLog()).toEqual([
    "[ERROR] app ./app.ts: SyntaxError\n  The error page serves until it is mended",
    "[INFO] Spawning 2 new worker(s) (generation 1)...",
  ]);
  expect(server.state.generations.get(1)?.failure).toBe("app ./app.ts: SyntaxError");
});
