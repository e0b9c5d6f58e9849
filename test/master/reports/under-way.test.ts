// What a server is in the middle of.
import { expect, test } from "bun:test";
import { crashSnapshot } from "../../../src/master/reports/status.ts";
import { underWay } from "../../../src/master/reports/under-way.ts";
import { Scenario, SETTINGS } from "../../core/scenario.ts";

const words = (scenario: Scenario): string[] =>
  underWay(scenario.state, scenario.nowMs).map((activity) => `${activity.what}: ${activity.words}`);

const started = (): Scenario => new Scenario().send({ type: "tick" }).obey("spawn", "bind");

test("nothing is reported about a server that just serves", () => {
  expect(words(started())).toEqual([]);
});

test("each step of a start and a reload is told, and what waits for it", () => {
  const scenario = new Scenario().send({ type: "tick" });
  expect(words(scenario)).toEqual(["start: generation 0: its first worker is loading the app"]);
  scenario.obey("spawn", "bind").send({ type: "reload-requested", by: "SIGHUP" });
  expect(words(scenario)).toEqual(["reload: generation 1: reading its configuration"]);
  scenario.obey("load-config").send({ type: "reload-requested", by: "a reload command" });
  expect(words(scenario)).toEqual([
    "reload: generation 1: its first worker is loading the app",
    "reload: another reload is waiting, requested by a reload command",
  ]);
  scenario.obey("spawn");
  expect(words(scenario)[0]).toBe("reload: generation 1: 0 of 2 workers are ready");
});

test("a drain, a scaling, a stop and a drain command are told", () => {
  const reloaded = started().send({ type: "reload-requested", by: "SIGHUP" });
  reloaded.obey("load-config", "spawn", "bind");
  expect(words(reloaded)).toEqual(["reload: generation 0: draining"]);
  const scaled = started().send({ type: "scale-requested", to: 3, by: "a scale command" });
  expect(words(scaled)).toEqual(["scaling: 2 of 3 workers are ready"]);
  const fewer = started().send({ type: "scale-requested", to: 1, by: "a scale command" });
  expect(words(fewer)).toEqual(["scaling: 1 of 1 workers are ready, 1 more still ending"]);
  const stopped = started().send({ type: "stop-requested", mode: "graceful", signal: "SIGTERM" });
  expect(words(stopped)).toEqual(["stop: exits when its workers have drained"]);
  const drained = started().send({ type: "drain-requested", forMs: 1000, id: 0 });
  expect(words(drained)).toEqual(["drain-command: health checks get 503; still serving"]);
});

test("what keeps crashing is told, and when it is tried again", () => {
  const respawn = { ...SETTINGS.respawn, maxCrashes: 2 };
  const scenario = new Scenario({ respawn }).send({ type: "tick" }).obey("spawn", "bind");
  expect(crashSnapshot(scenario.state, 0)).toEqual({ recent: 0, budget: 2, spent: false });
  scenario.crash(0);
  expect(words(scenario)).toEqual(["respawn: 1 of 2 workers are ready"]);
  scenario.send({ type: "worker-exited", worker: 2, how: "exit code 1" });
  expect(words(scenario)).toEqual([
    "respawn: 1 of 2 workers are ready, the next one starts in 0.5s: " +
      "2 crashes within 60s — the crash budget is spent (respawn.max_crashes)",
  ]);
  expect(crashSnapshot(scenario.state, 0)).toEqual({ recent: 2, budget: 2, spent: true });
  expect(crashSnapshot(scenario.state, 60_000)).toMatchObject({ recent: 0, spent: false });
});

test("a worker that is to be replaced, and whose replacements do not start, is told", () => {
  const respawn = { ...SETTINGS.respawn, maxCrashes: 2 };
  const scenario = new Scenario({ respawn }).send({ type: "tick" }).obey("spawn", "bind");
  scenario.send({ type: "worker-uncaught", worker: 0, error: "Error: late", times: 1 });
  expect(words(scenario)).toEqual(["respawn: 2 of 2 workers are ready, 1 more still ending"]);
  scenario.crash(2);
  expect(words(scenario)).toEqual([
    "respawn: 2 of 2 workers are ready, the next one starts in 0.5s: " +
      "2 crashes within 60s — the crash budget is spent (respawn.max_crashes)",
  ]);
});

test("a handover is told from the request on", () => {
  const scenario = started().handOver();
  expect(words(scenario)).toEqual(["handover: the new process is starting its workers"]);
});
