// No two codes share the number of a generation: a worker that would load others does not start.
import { describe, expect, test } from "bun:test";
import { END, type Scenario, serving, START, started } from "../scenario.ts";
import { BAKE, CANARY, ends, FEW, measure, PLAIN, roles, tried } from "../trials.ts";

const FILES = ["/app/app.ts"];

/** The worker that was spawned last finds other files than its generation was loaded from. */
function outdated(server: Scenario): Scenario {
  const worker = server.state.nextWorker - 1;
  server.send({ type: "worker-started", worker, version: "0.1.0", executable: "/usr/bin/pounce" });
  return server.send({ type: "worker-outdated", worker, files: FILES }).obey("kill");
}

const looked = (server: Scenario, changed: readonly string[]): Scenario =>
  server.send({ type: "files-looked-at", generation: 0, changed });

describe("a replacement whose files have changed", () => {
  test("does not start, and no other is tried; the others serve on", () => {
    const server = outdated(serving().crash(1));
    server.pass(120_000);
    expect(server.phases).toBe("0:ready");
    expect(server.takeLog()).toContain(
      "[ERROR] Worker 2 (generation 0) does not start: /app/app.ts has changed since generation 0 " +
        "was loaded, and no two codes share a generation: reload to serve what is on disk now, " +
        "or put the files back",
    );
    expect(server.state.respawn.crashesMs).toHaveLength(1);
  });

  test("is tried again when the files are as they were", () => {
    const server = outdated(serving().crash(1));
    looked(server, ["/app/other.ts"]).take();
    expect(server.state.generations.get(0)?.outdated).toEqual(["/app/other.ts"]);
    looked(server, []).obey(...START);
    expect(server.phases).toBe("0:ready 3:ready");
  });

  test("is no reason against a reload, which fills every slot", () => {
    const server = outdated(serving().crash(1))
      .reload()
      .obey(...START);
    expect(roles(server)).toBe("0:leaving 1:serving");
    expect(server.phases).toBe("0:draining 3:ready 4:ready");
  });

  test("holds up no reload that replaces workers a few at a time", () => {
    const server = serving({ workers: 3, rollout: { ...PLAIN, strategy: "rolling" } });
    outdated(server.crash(0)).reload();
    for (let round = 0; round < 20; round++) server.obey(...START, ...END).pass(1300);
    expect(roles(server)).toBe("1:serving");
    expect(server.phases).toBe("4:ready 5:ready 6:ready");
  });

  test("ends a canary that would take over with fewer workers, though it is no worse", () => {
    const server = outdated(tried(CANARY).crash(2)).obey("spawn");
    measure(server, 1, FEW, 29_500);
    expect(server.phases).toBe("0:ready 1:ready 3:ready");
    measure(server, 1, FEW, 500);
    expect(roles(server)).toBe("0:serving 1:leaving");
    expect(ends(server)).toMatchObject([{ outcome: "rolled-back" }]);
  });

  test("does not end one that has more workers left than the old generation", () => {
    const server = outdated(tried(CANARY).crash(2)).crash(0).crash(1);
    measure(server, 1, FEW, 30_000);
    expect(roles(server)).toBe("0:leaving 1:serving");
  });

  test("leaves a worker that should be replaced where it is", () => {
    const server = serving().send({ type: "worker-uncaught", worker: 1, error: "late" });
    outdated(server).pass(120_000);
    expect(server.phases).toBe("0:ready 1:ready");
  });

  test("ends a reload if it belongs to the new generation: half of it has the old files", () => {
    const server = serving().reload().obey("load-config");
    server.send({ type: "worker-loaded", worker: 2 });
    outdated(server);
    expect(roles(server)).toStartWith("0:serving");
    expect(server.takeOnly("reload-ended")).toMatchObject([{ outcome: "rejected" }]);
  });
});

const same = (server: Scenario): Scenario =>
  server.send({ type: "files-looked-at", generation: 0, changed: [] }).obey(...START);
const lost = (): Scenario => outdated(serving().crash(1));
const to = (workers: number | "one-more", id?: number) =>
  ({ type: "scale-requested", to: workers, by: "x", ...(id !== undefined && { id }) }) as const;

describe("scaling to more with files that have changed", () => {
  test("is answered with the reason, at once", () => {
    const server = serving();
    server.send({ type: "scale-requested", to: 3, by: "a scale command", id: 1 });
    outdated(server);
    expect(server.takeOnly("answer")).toEqual([
      {
        type: "answer",
        id: 1,
        ok: false,
        reason:
          "only 2 of 3 workers are ready: /app/app.ts has changed since generation 0 was loaded; " +
          "reload to serve what is on disk now, or put the files back, and scale again: " +
          "the number stays at 2",
      },
    ]);
  });

  const REFUSED: readonly (readonly [string, () => Scenario])[] = [
    ["a command", () => outdated(serving().send(to(3, 1)))],
    ["a signal", () => outdated(serving().send(to("one-more")))],
    ["two, one on top of the other", () => outdated(serving().send(to(3, 1)).send(to(5, 2)))],
    [
      "one of whose workers the first has started",
      () => {
        const server = serving().send(to(4, 1));
        server.send(started(2)).send({ type: "worker-loaded", worker: 2 }).obey("bind");
        return outdated(server);
      },
    ],
    ["one that comes when that is known already", () => lost().send(to(4, 1))],
  ];
  test.each(REFUSED)("is not done later, when they are as before: %s", (_, refused) => {
    const server = refused();
    expect(server.takeLog().join("\n")).toContain("the number stays at 2");
    same(server).obey(...END);
    expect(server.state.generations.get(0)?.target).toBe(2);
    expect([...server.state.workers.values()].map(({ phase }) => phase.name)).toEqual([
      "ready",
      "ready",
    ]);
  });

  test("fewer are no matter of files", () => {
    const server = lost().send(to(1, 1));
    expect(server.takeOnly("answer")).toMatchObject([{ ok: true, workers: 1 }]);
  });

  test("one that was done before stays: the slot is filled when they are as before", () => {
    const server = serving()
      .send(to(3, 1))
      .obey(...START);
    outdated(server.crash(2));
    expect(server.state.generations.get(0)?.target).toBe(3);
    same(server);
    expect(server.phases).toBe("0:ready 1:ready 4:ready");
  });
});

describe("when no worker is left whose files are the same", () => {
  test("what is on disk is loaded as a new generation, by a reload that nobody asked for", () => {
    const server = outdated(serving().crash(1)).crash(0).pass(500);
    expect(server.takeLog()).toEqual(
      expect.arrayContaining([
        "[ERROR] No worker of generation 0 is left, and its files have changed: nobody serves; loading what is on " +
          "disk as a new generation",
        "[INFO] Received the loss of its last worker — triggering graceful reload",
      ]),
    );
    server.obey(...START);
    expect(server.phases).toBe("3:ready 4:ready");
    expect(server.state.serving).toBe(1);
  });

  test("one that does not load is tried again after growing waits", () => {
    const server = outdated(serving().crash(1)).crash(0).pass(500).obey("load-config");
    let [loads, waited] = [0, 0];
    for (; loads < 4; loads++) {
      server.take();
      server.send({ type: "worker-failed", worker: server.state.nextWorker - 1, reason: "no" });
      server.obey("stop");
      const fromMs = server.nowMs;
      while (server.takeOnly("load-config").length === 0) server.pass(100);
      const ms = server.nowMs - fromMs;
      expect(ms).toBeGreaterThan(waited);
      waited = ms;
      server.obey("load-config");
    }
  });

  test("the generation in standby takes over instead, if there is one", () => {
    const server = tried(BAKE).crash(2);
    outdated(server).crash(3).pass(1000);
    expect(roles(server)).toStartWith("0:serving");
    expect(server.phases).toStartWith("0:ready 1:ready");
  });
});

test("the generation in standby fills its empty slots in the step that takes it back", () => {
  const server = serving({ workers: 2, rollout: { ...PLAIN, ...BAKE } });
  server.written = { ...server.written, workers: 1 };
  server.reload().obey(...START);
  expect(roles(server)).toBe("0:standby 1:serving");
  // The next one would have to wait.
  server.crash(0).crash(3).crash(2);
  server.take();
  outdated(server);
  expect(roles(server)).toContain("0:serving");
  expect(server.takeOnly("spawn")).toMatchObject([{ generation: 0, slot: 0 }]);
});
