// Workers that make no progress: others get the new connections, and one that hangs is replaced.
import { describe, expect, test } from "bun:test";
import type { Settings } from "../../../src/core/settings.ts";
import { ADDRESS, type Scenario, serving, SETTINGS, START, steered } from "../scenario.ts";
import { BAKE, CANARY, FEW, measure, roles, tried } from "../trials.ts";

const HANG_MS = 30_000;
const WATCHED = { hangTimeoutMs: HANG_MS } as const;

const stall = (server: Scenario, worker: number, forMs = 400): Scenario =>
  server.send({ type: "worker-stalled", worker, forMs, doing: "it runs" });
const getOn = (server: Scenario, worker: number): Scenario =>
  server.send({ type: "worker-got-on", worker });
const program = (server: Scenario): unknown => server.state.groups.get(ADDRESS)?.program;
const watched = (change: Partial<Settings> = {}): Scenario => serving({ ...WATCHED, ...change });

describe("a worker that has stalled", () => {
  test("gets no new connections until it gets on", () => {
    const server = watched();
    expect(program(stall(server, 0))).toEqual([1]);
    expect(program(getOn(server, 0))).toBeUndefined();
  });

  test("gets its share if all others have stalled as well", () => {
    const server = watched();
    stall(stall(server, 0), 1);
    expect(program(server)).toBeUndefined();
    expect(program(getOn(server, 1))).toEqual([1]);
  });

  test("is worse than one that is full: that one at least says so", () => {
    const server = watched();
    server.send({ type: "worker-full", worker: 1, isFull: true });
    expect(program(stall(server, 0))).toEqual([1]);
  });

  test("keeps the clients that stay with it, whose sessions are nowhere else", () => {
    const server = watched({ affinity: "client" });
    const before = program(server);
    expect(before).toBeDefined();
    expect(program(stall(server, 0))).toEqual(before);
  });

  test("is not ended before its time, nor ever without hang_timeout", () => {
    for (const server of [watched(), serving(), watched({ hangTimeoutMs: 0 })]) {
      server.take();
      const isWatched = server.state.settings.hangTimeoutMs === HANG_MS;
      stall(server, 0, isWatched ? HANG_MS - 1 : 1_000_000);
      expect(server.takeOnly("kill")).toEqual([]);
    }
  });

  test("is told once, for those who look closely", () => {
    const server = watched();
    stall(stall(server, 0), 0, 600);
    getOn(getOn(server, 0), 0);
    expect(server.takeLog()).toEqual([
      "[DEBUG] Worker 0 (generation 0) does not get on: others get new connections",
      "[DEBUG] Worker 0 (generation 0) gets on again",
    ]);
  });
});

describe("a worker that hangs", () => {
  test("is killed and replaced at once, as one that has crashed, and the log says what it did", () => {
    const server = watched();
    server.take();
    stall(server, 1, HANG_MS + 100);
    const effects = server.take();
    const deeds = effects.filter(({ type }) => type !== "log" && type !== "steer");
    expect(deeds).toEqual([
      { type: "worker-crashed", worker: 1 },
      { type: "worker-hung", worker: 1 },
      { type: "kill", worker: 1 },
      { type: "worker-respawned", worker: 1 },
      { type: "spawn", worker: 2, generation: 0, slot: 1 },
    ]);
    expect(effects).toContainEqual({
      type: "log",
      level: "error",
      event: "worker-hung",
      message:
        "Worker 1 (generation 0) has made no progress for 30s (watchdog.hang_timeout) — killed, " +
        "and its connections are lost: it runs",
      fields: { worker: 1, generation: 0, slot: 1, stalled_ms: HANG_MS + 100, doing: "it runs" },
    });
    expect(server.state.respawn.crashesMs).toHaveLength(1);
    expect(server.obey("kill", ...START).phases).toBe("0:ready 2:ready");
  });

  test("is killed once, however often it is seen", () => {
    const server = watched();
    stall(stall(server, 1, HANG_MS), 1, HANG_MS + 150);
    expect(server.takeOnly("kill")).toHaveLength(1);
  });

  test("in a drain has its deadline, as ever", () => {
    const server = steered(WATCHED);
    server.take();
    stall(server, 0, HANG_MS);
    expect(server.takeOnly("kill")).toEqual([]);
    expect(server.pass(SETTINGS.reloadTimeoutMs).takeOnly("force")).toMatchObject([
      { worker: 0 },
      { worker: 1 },
    ]);
  });

  test("while it loads has its deadline, too", () => {
    const server = watched().reload().obey("load-config");
    server.take();
    stall(server, 2, HANG_MS);
    expect(server.take()).toEqual([]);
  });

  test("in a new version that does not serve yet rejects that", () => {
    const server = watched().reload().obey("load-config", "spawn");
    server.send({ type: "worker-bound", worker: 2, addresses: [ADDRESS] });
    server.send({ type: "worker-ready", worker: 2 });
    stall(server, 2, HANG_MS);
    expect(server.takeOnly("reload-ended")).toMatchObject([{ outcome: "rejected" }]);
  });

  test("in a canary counts against it, and is replaced", () => {
    const server = tried(CANARY, 2, WATCHED);
    server.take();
    stall(server, 2, HANG_MS);
    expect(server.takeOnly("spawn")).toMatchObject([{ generation: 1, slot: 0 }]);
    const { rollout } = server.state;
    expect(rollout).toMatchObject({ name: "canary", trial: { troubles: 1 } });
  });

  test.each([{}, { affinity: "client" as const }])(
    "in a canary gets no share, while an old one gets on (%p)",
    (change) => {
      const server = tried(CANARY, 2, { ...WATCHED, ...change });
      expect(program(server)).toMatchObject({ parts: [{}, {}] });
      stall(stall(server, 2), 3);
      const taken = JSON.stringify(program(server));
      expect(taken).toContain("[0,1]");
      expect(taken).not.toContain("2");
      expect(program(getOn(server, 3))).toMatchObject({ parts: [{}, {}] });
      stall(stall(stall(server, 0), 1), 3);
      expect(program(server)).toMatchObject({ parts: [{}, {}] });
    },
  );

  test("in a canary is waited for at its end, and is the end of it, if all do, and no old one", () => {
    const server = tried(CANARY);
    stall(stall(server, 2), 3);
    measure(server, 1, FEW, 59_000);
    expect(roles(server)).toBe("0:serving 1:starting");
    measure(server, 1, FEW, 1000);
    expect(roles(server)).toBe("0:serving 1:leaving");
    expect(server.takeLog().join()).toContain("none of its workers makes progress");
    const other = stall(tried(CANARY), 2);
    measure(other, 1, FEW, 30_000);
    expect(roles(other)).toBe("0:leaving 1:serving");
  });

  test("in a bake, too", () => {
    const server = tried(BAKE);
    stall(stall(server, 2), 3);
    measure(server, 1, FEW, 89_000);
    expect(roles(server)).toBe("0:standby 1:serving");
    measure(server, 1, FEW, 1000);
    expect(roles(server)).toBe("0:serving 1:leaving");
  });

  test("in standby is killed and replaced", () => {
    const server = tried(BAKE, 2, WATCHED);
    server.take();
    stall(server, 0, HANG_MS);
    expect(server.takeOnly("spawn")).toMatchObject([{ generation: 0, slot: 0 }]);
    expect(server.obey("kill").phases).toBe("1:standby 2:ready 3:ready 4:spawning");
    expect(roles(server)).toBe("0:standby 1:serving");
  });

  test("during a handover is left until that is decided", () => {
    const server = watched().handOver();
    server.take();
    expect(stall(server, 1, HANG_MS).takeOnly("kill")).toEqual([]);
    server.send({ type: "successor-not-started", reason: "there is no such file" });
    expect(stall(server, 1, HANG_MS + 150).takeOnly("kill")).toMatchObject([{ worker: 1 }]);
  });

  test("spends the crash budget, and the others go on", () => {
    const respawn = { ...SETTINGS.respawn, maxCrashes: 1 };
    const server = stall(watched({ respawn }), 1, HANG_MS);
    expect(server.takeOnly("log").map(({ event }) => event)).toContain("crash-budget-spent");
    expect(server.obey("kill", ...START).phases).toStartWith("0:ready");
  });
});
