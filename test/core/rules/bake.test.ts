// The generation before the serving one stays in standby for a while, and can take over again.
import { describe, expect, test } from "bun:test";
import { ADDRESS, END, type Scenario, serving, SETTINGS, START, started } from "../scenario.ts";
import { BAD, BAKE, CANARY, ends, GOOD, measure, PLAIN, roles, tried } from "../trials.ts";

const rollBack = (server: Scenario, id = 1): Scenario =>
  server.send({ type: "rollback-requested", by: "a rollback command", id });

describe("in a bake", () => {
  test("the old generation keeps its app, and is told that it is in standby", () => {
    const server = tried(BAKE);
    expect(roles(server)).toBe("0:standby 1:serving");
    expect(server.phases).toBe("0:standby 1:standby 2:ready 3:ready");
    expect(server.state.groups.get(ADDRESS)?.program).toEqual([2, 3]);
    const effects = server.take();
    expect(effects.filter(({ type }) => type === "standby")).toEqual([
      { type: "standby", worker: 0, isOn: true },
      { type: "standby", worker: 1, isOn: true },
    ]);
    expect(effects.filter(({ type }) => type === "drain")).toEqual([]);
    expect(effects).toContainEqual({
      type: "begin-comparison",
      generation: 1,
      old: 0,
      oldSince: "its-start",
    });
  });

  test("a reload command that waits for the end is answered after it all", () => {
    const server = serving({ rollout: { ...PLAIN, ...BAKE } });
    server.send({ type: "reload-requested", by: "b", id: 2, until: "ended" }).obey(...START);
    measure(server, 1, GOOD, 59_000);
    expect(server.takeOnly("answer")).toEqual([]);
    measure(server, 1, GOOD, 1000);
    server
      .obey(...END)
      .pass(2000)
      .obey(...END);
    expect(server.takeOnly("answer")).toEqual([{ type: "answer", id: 2, ok: true, generation: 1 }]);
  });

  test("a reload command that waits until it is steered is answered as it begins", () => {
    const server = serving({ rollout: { ...PLAIN, ...BAKE } });
    server.send({ type: "reload-requested", by: "a", id: 1, until: "steered" }).obey(...START);
    expect(server.takeOnly("answer")).toEqual([{ type: "answer", id: 1, ok: true, generation: 1 }]);
  });

  test("the old generation drains when the time is over", () => {
    const server = measure(tried(BAKE), 1, GOOD, 59_500);
    expect(roles(server)).toBe("0:standby 1:serving");
    server.take();
    measure(server, 1, GOOD, 500);
    expect(roles(server)).toBe("0:leaving 1:serving");
    expect(server.phases).toBe("0:draining 1:draining 2:ready 3:ready");
    expect(server.takeLog()).toContain("[INFO] Draining generation 0, which was in standby...");
  });

  test("it is not said that somebody stays in standby who has no workers left", () => {
    const server = serving({ rollout: { ...PLAIN, ...BAKE } })
      .reload()
      .obey("load-config");
    server.crash(0).send(started(3));
    server.send({ type: "worker-outdated", worker: 3, files: ["app.ts"] }).obey("kill");
    server.crash(1).obey(...START);
    const log = server.takeLog().join("\n");
    expect(log).toContain("No worker of generation 0 is left in standby");
    expect(log).not.toContain("stays in standby");
  });

  test("a bad verdict gives everything back, and loads nothing", () => {
    const server = tried(BAKE);
    server.pass(1000).take();
    measure(server, 1, BAD);
    expect(roles(server)).toBe("0:serving 1:leaving");
    expect(server.phases).toBe("0:ready 1:ready 2:draining 3:draining");
    expect(server.state.groups.get(ADDRESS)?.program).toEqual([0, 1]);
    const effects = server.take();
    expect(effects.filter(({ type }) => type === "spawn")).toEqual([]);
    expect(effects).toContainEqual({ type: "use-config", generation: 0 });
    expect(ends(server)).toMatchObject([
      { generation: 1, outcome: "rolled-back", verdict: { name: "bad" } },
    ]);
  });

  test("rollback gives everything back; the old settings hold again", () => {
    const server = tried(BAKE);
    server.take();
    rollBack(server);
    expect(roles(server)).toBe("0:serving 1:leaving");
    const strength = { generation: 0, workers: 2, wanted: 2 };
    expect(server.takeOnly("answer")).toEqual([{ type: "answer", id: 1, ok: true, ...strength }]);
    expect(server.state.bake).toBeUndefined();
  });

  test("a worker that is lost in standby is replaced there, after growing waits", () => {
    const server = tried(BAKE).crash(0);
    expect(server.takeOnly("spawn")).toContainEqual({
      type: "spawn",
      worker: 4,
      generation: 0,
      slot: 0,
    });
    server.crash(4).pass(499);
    expect(server.takeOnly("spawn")).toEqual([]);
    server.pass(1).obey(...START);
    expect(server.phases).toBe("1:standby 2:ready 3:ready 5:standby");
    expect(server.takeOnly("standby")).toEqual([{ type: "standby", worker: 5, isOn: true }]);
    expect(server.state.groups.get(ADDRESS)?.program).toEqual([0, 2]);
    expect(server.state.respawn.crashesMs).toEqual([]);
    rollBack(server);
    expect(server.phases).toBe("1:ready 2:draining 3:draining 5:ready");
  });

  const SHORT: readonly (readonly [string, readonly string[] | undefined, string])[] = [
    ["are starting", undefined, "the others are starting"],
    [
      "have other files",
      ["app.ts"],
      "app.ts has changed since generation 0 was loaded: put the files back",
    ],
  ];

  test.each(SHORT)("a rollback says how many workers it has when others %s", (_, files, lack) => {
    const server = tried(BAKE, 3).crash(0).crash(1);
    if (files !== undefined) {
      server.send(started(6)).send({ type: "worker-outdated", worker: 6, files }).obey("kill");
      server.take();
      server.pass(50_000);
      expect(server.takeOnly("spawn")).toEqual([]);
    }
    rollBack(server);
    const answer = { ok: true, generation: 0, workers: 1, wanted: 3, lack };
    expect(server.takeOnly("answer")).toMatchObject([answer]);
  });

  test("a worker in standby that breaks the protocol goes: it must never serve again", () => {
    const server = tried(BAKE).send({ type: "worker-broken", worker: 0, reason: "nonsense" });
    expect(server.phases).toBe("0:draining 1:standby 2:ready 3:ready 4:spawning");
  });

  test("nobody waits for a standby of which no worker is left", () => {
    const server = tried(BAKE).crash(0).crash(1);
    expect(server.state.bake).toBeUndefined();
    expect(rollBack(server).takeOnly("answer")).toMatchObject([{ ok: false }]);
  });

  test("the new generation's crash budget gives everything back", () => {
    const server = tried(BAKE, 2, { respawn: { ...SETTINGS.respawn, maxCrashes: 2 } });
    server.crash(2).obey(...START);
    expect(roles(server)).toBe("0:standby 1:serving");
    server.crash(3);
    expect(roles(server)).toBe("0:serving 1:leaving");
    expect(ends(server)).toMatchObject([{ outcome: "rolled-back" }]);
  });

  test("errors outside requests that spend the new generation's crash budget give everything back", () => {
    const server = tried(BAKE, 2, { respawn: { ...SETTINGS.respawn, maxCrashes: 2 } });
    const uncaught = (worker: number): Scenario =>
      server.send({ type: "worker-uncaught", worker, error: "Error: late" });
    uncaught(2).obey(...START, ...END);
    expect(roles(server)).toBe("0:standby 1:serving");
    uncaught(3);
    expect(roles(server)).toBe("0:serving 1:leaving");
    expect(ends(server)).toMatchObject([
      {
        outcome: "rolled-back",
        reason:
          "2 crashes or errors outside requests within 60s — the crash budget is spent " +
          "(respawn.max_crashes); the last: Worker 3 (generation 1): the app threw " +
          "outside a request: Error: late",
      },
    ]);
  });

  test("those in standby get connections when all new workers are lost", () => {
    const server = tried(BAKE).crash(2).crash(3);
    expect(server.state.groups.get(ADDRESS)?.program).toEqual(undefined);
    expect(server.state.groups.get(ADDRESS)?.members).toEqual([0, 1]);
  });

  test("a reload begins, and the standby is kept until the next version is steered to", () => {
    const server = tried(BAKE).reload().obey("load-config");
    expect(roles(server)).toBe("0:standby 1:serving 2:starting");
    server.obey(...START);
    expect(roles(server)).toBe("0:leaving 1:standby 2:serving");
  });

  test("a bad verdict leaves the reload that has begun since, which replaces the old one then", () => {
    const server = tried(BAKE).reload().obey("load-config");
    measure(server, 1, BAD);
    expect(roles(server)).toBe("0:serving 1:leaving 2:starting");
    expect(server.state.generations.get(2)?.replaces).toBe(0);
    server.obey(...START);
    expect(roles(server)).toBe("0:standby 1:leaving 2:serving");
  });

  test("a rollback rejects the reload that has begun since", () => {
    const server = rollBack(tried(BAKE).reload().obey("load-config"));
    expect(roles(server)).toBe("0:serving 1:leaving 2:leaving");
  });

  test("a canary's verdict comes first, and then the bake begins", () => {
    const server = measure(tried({ ...BAKE, ...CANARY }), 1, GOOD, 30_000);
    expect(roles(server)).toBe("0:standby 1:serving");
    rollBack(server);
    expect(roles(server)).toBe("0:serving 1:leaving");
  });

  test("a stop ends everybody", () => {
    const server = tried(BAKE);
    server.take();
    server.stop("graceful");
    expect(server.phases).toBe("0:draining 1:draining 2:draining 3:draining");
    expect(server.takeLog()).toEqual(["[INFO] Received SIGTERM — stopping gracefully"]);
    server
      .obey(...END)
      .pass(2000)
      .obey(...END);
    expect(server.state.exited).toBe(true);
  });

  test("a handover waits for its end", () => {
    const server = tried(BAKE).handOver();
    expect(server.takeOnly("start-successor")).toEqual([]);
    measure(server, 1, GOOD, 60_000)
      .obey(...END)
      .pass(3000)
      .obey(...END);
    expect(server.takeOnly("start-successor")).toHaveLength(1);
  });

  test("scaling changes the new generation alone", () => {
    const server = tried(BAKE)
      .scale(1)
      .obey(...START);
    expect(server.phases).toBe("0:standby 1:standby 2:ready 3:ready 4:ready");
  });
});

test("without a standby, a rollback is refused with the reason", () => {
  const server = rollBack(
    tried({})
      .obey(...END)
      .pass(3000)
      .obey(...END),
  );
  expect(server.takeOnly("answer").at(-1)).toMatchObject({
    ok: false,
    reason: expect.stringContaining("no generation is in standby"),
  });
});
