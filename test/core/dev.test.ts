// For the person who writes the app: a start that fails is not the end, no drain is waited for, and
// a browser's connection moves to the new version.

import { describe, expect, test } from "bun:test";
import { END, Scenario, serving, START, VERSION } from "./scenario.ts";

/** A server whose start has failed. */
function failed(): Scenario {
  const server = new Scenario({ isDev: true }).send({ type: "tick" });
  return server.send({ type: "worker-failed", worker: 0, reason: "x" }).obey("stop");
}

describe("a start that fails", () => {
  test("waits for the next reload, which is the next start", () => {
    const server = failed();
    expect(server.state).toMatchObject({ exited: false, serving: undefined, startsAtReload: true });
    expect(server.takeOnly("reload-ended")).toMatchObject([{ generation: 0, outcome: "rejected" }]);
    server.reload().obey(...START);
    expect(server.state).toMatchObject({ serving: 1, startsAtReload: false });
    const ended = server.takeOnly("reload-ended");
    expect(ended).toMatchObject([{ generation: 1, outcome: "completed" }]);
  });

  test("may fail again, and a stop ends it", () => {
    const server = failed().reload().obey("load-config");
    server.send({ type: "worker-failed", worker: 1, reason: "x" }).obey("stop");
    expect(server.state).toMatchObject({ exited: false, startsAtReload: true });
    server.send({ type: "stop-requested", mode: "impatient", signal: "SIGINT" });
    expect(server.take().at(-1)).toEqual({ type: "exit", code: 0 });
  });
});

describe("a version that hangs while it loads", () => {
  test("is given up a second after the next change, and the log says so", () => {
    const server = serving({ workers: 1, isDev: true }).reload().obey("load-config");
    server.send({ type: "worker-started", worker: 1, version: VERSION, executable: "" });
    server.pass(5000);
    server.reload().take();
    server.pass(999);
    expect(server.takeOnly("kill")).toEqual([]);
    server.pass(1);
    expect(server.takeLog()[0]).toBe(
      "[ERROR] Worker 1 (generation 1) was still importing ./app.ts or running its startup hook " +
        "when a newer version was there — killed",
    );
    server.obey("kill").obey(...START);
    expect(server.state.serving).toBe(2);
  });

  test("also if the change came before its process was there, and at the start", () => {
    const server = serving({ workers: 1, isDev: true }).reload().obey("load-config");
    const start = new Scenario({ workers: 1, isDev: true }).send({ type: "tick" });
    for (const [it, worker] of [
      [server, 1],
      [start, 0],
    ] as const) {
      it.reload().pass(100);
      it.send({ type: "worker-started", worker, version: VERSION, executable: "" }).take();
      it.pass(1000);
      expect(it.takeOnly("kill")).toMatchObject([{ worker }]);
    }
  });
});

test("a reload command that comes while nothing serves is answered", () => {
  const server = failed();
  const ask = (id: number) => server.send({ type: "reload-requested", by: "a command", id });
  ask(1).obey("load-config");
  server.send({ type: "worker-failed", worker: 1, reason: "x" }).obey("stop");
  expect(server.takeOnly("answer")).toMatchObject([{ id: 1, ok: false, reason: "x" }]);
  ask(2).obey(...START);
  expect(server.takeOnly("answer")).toMatchObject([{ id: 2, ok: true, generation: 2 }]);
});

test("a reload that would wait for a drain ends the oldest one, once", () => {
  const server = serving({ workers: 1, maxDraining: 2, isDev: true });
  for (let round = 0; round < 2; round++) server.reload().obey(...START);
  server.take();
  server.reload().send({ type: "tick" });
  expect(server.takeOnly("force")).toEqual([{ type: "force", worker: 0 }]);
  server.obey(...END).obey(...START);
  expect(server.state.serving).toBe(3);
});

test("idle connections of the old version are closed, so that the new one is asked next", () => {
  const server = serving({ isDev: true })
    .reload()
    .obey(...START);
  expect(server.takeOnly("drain")).toMatchObject([{ closeIdle: true }, { closeIdle: true }]);
});
