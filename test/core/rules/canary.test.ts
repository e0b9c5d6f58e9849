// A new generation gets a share of the new connections, and is compared with the old one.
import { describe, expect, test } from "bun:test";
import type { EffectOf } from "../../../src/core/effects.ts";
import type { Comparison } from "../../../src/core/figures.ts";
import { ADDRESS, END, type Scenario, serving, SETTINGS, START, steered } from "../scenario.ts";
import {
  BAD,
  CANARY,
  comparison,
  ends,
  FEW,
  figures,
  GOOD,
  measure,
  PLAIN,
  roles,
  tried,
} from "../trials.ts";

const lastProgram = (server: Scenario): unknown => server.state.groups.get(ADDRESS)?.program;

const inParts = (old: number[], canary: number[]): unknown => ({
  parts: [
    { weight: 900_000, indexes: old },
    { weight: 100_000, indexes: canary },
  ],
});

function spread(isOn: boolean, ...workers: readonly number[]): EffectOf<"spread">[] {
  return workers.map((worker) => ({ type: "spread", worker, isOn }));
}

const pending = (requests: number, unanswered: number): Comparison =>
  comparison({ ...figures(requests), unanswered, pending: 9 });

/** A canary of a minute, and a newer version that somebody waits for. */
function newerWanted(): Scenario {
  const server = tried({ ...CANARY, canaryMs: 60_000 });
  server.take();
  return server.send({ type: "reload-requested", by: "a command", id: 7, until: "ended" });
}

describe("a canary", () => {
  test("begins when all workers of the new generation are ready, and the old one serves on", () => {
    const server = tried(CANARY);
    expect(server.phases).toBe("0:ready 1:ready 2:ready 3:ready");
    expect(roles(server)).toBe("0:serving 1:starting");
    expect(server.takeLog()).toContain(
      "[INFO] Generation 1 gets 10 % of new connections for 30s (rollout.canary)",
    );
  });

  test("has its share of the program, whatever the number of workers", () => {
    expect(lastProgram(tried(CANARY))).toEqual(inParts([0, 1], [2, 3]));
    expect(lastProgram(tried(CANARY, 1))).toEqual(inParts([0], [1]));
  });

  test("keeps its share when one of its workers is lost, and when an old one is", () => {
    const server = tried(CANARY).crash(3);
    const [old, canary] = [{ weight: 900_000 }, { weight: 100_000, indexes: [2] }];
    expect(lastProgram(server)).toMatchObject({ parts: [{ ...old, indexes: [0, 1] }, canary] });
    server.crash(0);
    expect(lastProgram(server)).toMatchObject({
      parts: [
        { ...old, indexes: [1] },
        { ...canary, indexes: [0] },
      ],
    });
  });

  test("is measured against what the old one does at the same time, each second", () => {
    const server = tried(CANARY);
    expect(server.takeOnly("begin-comparison")).toEqual([
      { type: "begin-comparison", generation: 1, old: 0, oldSince: "now" },
    ]);
    expect(server.pass(3000).takeOnly("measure")).toHaveLength(3);
  });

  test("is promoted when its time is over and it is no worse; then the old one drains", () => {
    const server = measure(tried(CANARY), 1, GOOD, 29_500);
    expect(roles(server)).toBe("0:serving 1:starting");
    server.take();
    measure(server, 1, GOOD, 500);
    expect(roles(server)).toBe("0:leaving 1:serving");
    expect(server.phases).toBe("0:draining 1:draining 2:ready 3:ready");
    expect(server.state.generations.get(1)?.verdict?.name).toBe("good");
    server.obey(...END);
    expect(server.takeOnly("reload-ended")).toMatchObject([
      { generation: 1, outcome: "completed", verdict: { name: "good" } },
    ]);
  });

  test("is promoted unjudged when too few requests have come, and the receipt knows", () => {
    const server = measure(tried(CANARY), 1, FEW, 30_000).obey(...END);
    expect(server.takeOnly("reload-ended")).toMatchObject([{ verdict: { name: "too-few" } }]);
  });

  test("is promoted when nothing can be measured", () => {
    const server = tried(CANARY);
    server.pass(30_000).send({ type: "measured", generation: 1, comparison: undefined });
    expect(roles(server)).toBe("0:leaving 1:serving");
  });

  test("waits at its end for a first answer, and goes if there is none", () => {
    const server = measure(tried(CANARY), 1, pending(0, 0), 31_000);
    expect(roles(server)).toBe("0:serving 1:starting");
    measure(server, 1, pending(9, 9));
    measure(server, 1, pending(9, 9), 29_000);
    expect(roles(server)).toBe("0:serving 1:leaving");
    expect(ends(server)).toMatchObject([
      { outcome: "rolled-back", reason: expect.stringContaining("9 of 9 requests got no answer") },
    ]);
  });

  test("waits for no other answer once it has given one", () => {
    const server = measure(tried(CANARY), 1, pending(1, 0), 30_000);
    expect(roles(server)).toBe("0:leaving 1:serving");
  });

  test("waits at its end for workers that it has lost: nobody would take the connections", () => {
    const server = measure(tried(CANARY), 1, FEW, 29_900).crash(2).crash(3);
    measure(server, 1, FEW, 1000);
    expect(roles(server)).toBe("0:serving 1:starting");
    expect(server.phases).toStartWith("0:ready 1:ready");
    measure(server.obey(...START), 1, FEW, 1000).obey(...START);
    measure(server, 1, FEW, 1000);
    expect(roles(server)).toBe("0:leaving 1:serving");
  });

  test("goes at once when it is worse; the old one never was away", () => {
    const server = tried(CANARY);
    server.pass(1000).take();
    measure(server, 1, BAD);
    expect(roles(server)).toBe("0:serving 1:leaving");
    expect(server.phases).toBe("0:ready 1:ready 2:draining 3:draining");
    expect(lastProgram(server)).toEqual([0, 1]);
    const effects = server.take();
    expect(effects).toContainEqual({
      type: "drain",
      worker: 2,
      reason: "rollback",
      timeoutMs: 30_000,
      closeIdle: false,
      isSteered: true,
    });
    expect(ends(server)).toMatchObject([{ outcome: "rolled-back", workers: 0 }]);
  });

  test("may lose workers, which are replaced; when its crash budget is spent, it goes", () => {
    const server = tried(CANARY, 2, { respawn: { ...SETTINGS.respawn, maxCrashes: 2 } });
    server.crash(2).obey(...START);
    expect(server.phases).toBe("0:ready 1:ready 3:ready 4:ready");
    server.crash(3);
    expect(roles(server)).toBe("0:serving 1:leaving");
    expect(ends(server)).toMatchObject([{ outcome: "rolled-back" }]);
  });

  test("has each error outside requests counted, also those that are told of together", () => {
    const respawn = { ...SETTINGS.respawn, uncaught: "log" } as const;
    const server = tried(CANARY, 2, { respawn });
    const uncaught = { type: "worker-uncaught", worker: 2, error: "Error: late" } as const;
    server.send(uncaught).send({ ...uncaught, times: 40 });
    expect(server.state.rollout).toMatchObject({ trial: { troubles: 41 } });
  });

  test("goes when errors outside requests have spent the budget, however few requests there are", () => {
    const server = tried(CANARY, 2, { respawn: { ...SETTINGS.respawn, maxCrashes: 2 } });
    const uncaught = (worker: number): Scenario =>
      server.send({ type: "worker-uncaught", worker, error: "Error: late" });
    uncaught(2).obey(...START, ...END);
    expect(server.state.rollout).toMatchObject({ name: "canary", generation: 1 });
    uncaught(3);
    expect(roles(server)).toBe("0:serving 1:leaving");
    expect(ends(server)).toMatchObject([
      { outcome: "rolled-back", reason: expect.stringContaining("crash budget is spent") },
    ]);
  });

  test("does not pay for the old generation's crashes, nor the old one for its", () => {
    const server = tried(CANARY).crash(2);
    expect(server.state.respawn.crashesMs).toEqual([]);
    server.crash(0);
    expect(server.state.rollout).toMatchObject({ respawn: { crashesMs: [server.nowMs] } });
  });

  test("counts crashes and errors outside a request as failed requests", () => {
    const server = tried(CANARY);
    for (let time = 0; time < 11; time++) {
      server.send({ type: "worker-uncaught", worker: 2, error: "late" });
    }
    measure(server, 1, comparison(figures(100)));
    expect(roles(server)).toBe("0:serving 1:leaving");
  });

  test("has the workers of both let go of their connections, so that all clients are shared out", () => {
    const server = tried(CANARY);
    expect(server.takeOnly("spread")).toEqual(spread(true, 0, 1, 2, 3));
    expect(server.pass(5000).takeOnly("spread")).toEqual([]);
    server.crash(3).obey(...START);
    expect(server.takeOnly("spread")).toEqual(spread(true, 4));
    measure(server, 1, BAD);
    expect(server.takeOnly("spread")).toEqual(spread(false, 0, 1));
  });

  test("ends that for its own workers when it is promoted", () => {
    const server = tried(CANARY);
    server.take();
    measure(server, 1, GOOD, 30_000);
    expect(server.takeOnly("spread")).toMatchObject([
      { worker: 2, isOn: false },
      { worker: 3, isOn: false },
    ]);
  });

  test("makes way for a newer version that somebody asks for", () => {
    const server = tried(CANARY);
    server.take();
    server.reload();
    expect(roles(server)).toBe("0:serving 1:starting");
    server.obey("check-config");
    expect(server.takeLog().slice(0, 2)).toEqual([
      "[INFO] Received SIGHUP — a reload is in progress; another will follow",
      "[WARN] Rolled back from generation 1 to generation 0: a newer version is wanted (SIGHUP)",
    ]);
    server.obey(...START);
    expect(server.state.rollout).toMatchObject({ name: "canary", generation: 2 });
  });

  describe("goes on when a newer version is wanted", () => {
    const CASES: readonly (readonly [string, () => Scenario, string])[] = [
      [
        "whose configuration is broken",
        () => {
          const server = newerWanted();
          server.invalid = "pounce.toml: no such file";
          return server.obey("check-config");
        },
        "pounce.toml: no such file",
      ],
      [
        "whose configuration cannot be read in time",
        () => newerWanted().pass(30_000),
        "reading the configuration took longer than 30s",
      ],
    ];
    test.each(CASES)("%s, which is rejected", (_, make, reason) => {
      const server = make();
      const effects = server.take();
      expect(effects).toContainEqual(
        expect.objectContaining({
          type: "reload-ended",
          generation: 2,
          outcome: "rejected",
          reason,
        }),
      );
      expect(effects).toContainEqual({
        type: "answer",
        id: 7,
        ok: false,
        generation: 2,
        outcome: "rejected",
        reason,
      });
      expect(roles(server)).toBe("0:serving 1:starting");
      expect(server.state.reloadWantedBy).toBeUndefined();
      server.invalid = undefined;
      server.reload().obey("check-config");
      expect(roles(server)).toBe("0:serving 1:leaving");
    });

    test("and it takes over before that is checked", () => {
      const late = tried({ ...CANARY, canaryMs: 5000 }).reload();
      measure(late, 1, GOOD, 5000).obey("check-config", ...START);
      expect(late.state.rollout).toMatchObject({ name: "canary", generation: 2 });
    });
  });

  test("ends with a stop, in which all drain", () => {
    const server = tried(CANARY).stop("graceful");
    expect(server.phases).toBe("0:draining 1:draining 2:draining 3:draining");
    server
      .obey(...END)
      .pass(2000)
      .obey(...END);
    expect(server.state.exited).toBe(true);
  });

  test("is left out, with a warning, where the kernel does not steer", () => {
    const server = tried({});
    server.obey(...END).pass(5000);
    server.send({ type: "steering-refused", reason: "EPERM" });
    server.written = { ...server.written, rollout: { ...PLAIN, ...CANARY } };
    server.take();
    server.reload().obey(...START);
    expect(server.takeLog()).toContain(
      "[WARN] The kernel refuses steering, so no share can be set: generation 2 takes over " +
        "without a canary",
    );
    expect(roles(server)).toContain("2:serving");
  });

  test("serves until the end of shutdown_delay, when nobody else is left to do so", () => {
    const server = tried(CANARY).crash(0).crash(1);
    const { settings } = server.state;
    server.state = { ...server.state, settings: { ...settings, shutdownDelayMs: 5000 } };
    server.take();
    server.stop("graceful");
    expect(server.takeOnly("drain")).toEqual([]);
    expect(server.state.serving).toBe(1);
    server.pass(5000);
    expect(server.takeOnly("drain")).toHaveLength(2);
  });

  test("takes over all when the old generation has crashed as a whole", () => {
    const server = tried(CANARY).crash(0).crash(1);
    expect(lastProgram(server)).toBeUndefined();
  });
});

test("without a canary in the settings, a new generation takes over as before", () => {
  expect(roles(steered({ rollout: PLAIN }))).toBe("0:leaving 1:serving");
});

/** The old workers crash, and their files have changed: none can be started. */
function deserted(server: Scenario): Scenario {
  const { state } = server;
  const generation = state.generations.get(0);
  if (generation === undefined) throw new Error("no generation 0");
  const changed = { ...generation, outdated: ["/app/app.ts"] };
  server.state = { ...state, generations: new Map(state.generations).set(0, changed) };
  return server.crash(0).crash(1);
}

describe("a canary beside an old generation that is going", () => {
  test("takes over at once when nobody of the old one is left", () => {
    const server = tried(CANARY);
    server.take();
    deserted(server);
    expect(server.state.serving).toBe(1);
    expect(server.takeLog()).toContain(
      "[WARN] Nobody else serves any more: generation 1 takes over without a canary",
    );
  });

  test("does not even begin then", () => {
    const server = deserted(serving({ workers: 2, rollout: { ...PLAIN, ...CANARY } }));
    server.reload().obey("load-config");
    for (const worker of [2, 3, 4, 5]) {
      if (server.state.workers.get(worker)?.generation === 0) server.crash(worker);
    }
    server.obey(...START);
    expect(server.state.serving).toBe(server.state.nextGeneration - 1);
    expect(
      server.takeOnly("begin-comparison").filter(({ oldSince }) => oldSince === "now"),
    ).toEqual([]);
  });

  test("does not begin either when the old one's workers all crash, and wait to be started", () => {
    const server = serving({ workers: 1, rollout: { ...PLAIN, ...CANARY } });
    server.reload().obey("load-config");
    for (let crashes = 0; crashes < 3; crashes++) {
      for (const [id, { generation, phase }] of server.state.workers) {
        if (generation === 0 && phase.name !== "exited") server.crash(id);
      }
      server.pass(50);
    }
    server.obey(...START);
    expect(roles(server)).toContain("1:serving");
    expect(server.takeLog().join("\n")).toContain("generation 1 takes over without a canary");
  });

  test("stays while nobody of the old one is ready, though it is bad, or a newer one wanted", () => {
    const server = tried(CANARY).crash(0).crash(1);
    measure(server, 1, BAD);
    server.reload();
    expect(server.state.rollout).toMatchObject({ name: "canary", generation: 1 });
    server.obey(...START, "check-config");
    expect(roles(server)).not.toContain("1:starting");
  });
});

test("a canary that would make way at once for a newer version does not begin", () => {
  const server = serving({ workers: 2, rollout: { ...PLAIN, ...CANARY } });
  server.reload().obey("load-config").reload();
  server.take();
  server.obey("spawn", "bind");
  expect(server.take().filter(({ type }) => /comparison|reload-ended/.test(type))).toMatchObject([
    { type: "reload-ended", generation: 1, outcome: "rejected" },
  ]);
});

test("a canary is rolled back by a stop: it has had clients", () => {
  const server = tried(CANARY);
  server.take();
  server.stop("graceful");
  expect(ends(server)).toMatchObject([{ outcome: "rolled-back" }]);
});

/** No new worker of the canary can be started. */
function cannotGrow(server: Scenario): Scenario {
  const canary = server.state.generations.get(1);
  if (canary === undefined) throw new Error("no generation 1");
  const generations = new Map(server.state.generations);
  const changed = { ...canary, outdated: ["/app/app.ts"] };
  server.state = { ...server.state, generations: generations.set(1, changed) };
  return server;
}

describe("a canary that has lost a worker when its time is over", () => {
  test("is promoted when that has been replaced", () => {
    const server = measure(tried(CANARY), 1, GOOD, 29_500).crash(2);
    measure(server, 1, GOOD, 1000);
    expect(roles(server)).toBe("0:serving 1:starting");
    server.obey(...START);
    measure(server, 1, GOOD);
    expect(roles(server)).toBe("0:leaving 1:serving");
  });

  test("is promoted with those that are left, if the old one has no more", () => {
    const server = cannotGrow(measure(tried(CANARY), 1, GOOD, 29_500))
      .crash(2)
      .crash(0);
    measure(server, 1, GOOD, 1000);
    expect(roles(server)).toBe("0:leaving 1:serving");
  });

  test("goes if none is left", () => {
    const server = cannotGrow(tried(CANARY)).crash(2).crash(3);
    expect(server.state.rollout.name).toBe("none");
    expect(ends(server)).toMatchObject([{ outcome: "rolled-back" }]);
  });
});

test("the command looks at a canary again when one of its workers is ready", () => {
  const server = tried({ ...CANARY, hasVerify: true });
  server.send({ type: "verified", generation: 1, stage: "ready", problem: undefined });
  server.crash(2).crash(3);
  server.take();
  measure(server, 1, GOOD, 16_000);
  expect(server.takeOnly("verify")).toEqual([]);
  server.obey("spawn", "bind");
  expect(server.takeOnly("verify")).toMatchObject([{ generation: 1, stage: "canary" }]);
});

const refuse = (server: Scenario): Scenario =>
  server.pass(12_000).send({ type: "steering-refused", reason: "ENOMEM" });

describe("a canary whose shares the kernel refuses from one moment to the next", () => {
  const TABLE: readonly (readonly [
    what: string,
    server: () => Scenario,
    after: string,
    log: readonly string[],
  ])[] = [
    [
      "takes over, and is judged by what is known",
      () => refuse(measure(tried(CANARY), 1, GOOD)),
      "0:leaving 1:serving",
      ["ends 18s early, after 100 requests; errors 0.0 %", "Generation 1 is no worse"],
    ],
    [
      "takes over unjudged after too few requests",
      () => refuse(measure(tried(CANARY), 1, FEW)),
      "0:leaving 1:serving",
      ["ends 18s early, after 10 requests", "Generation 1 is not judged"],
    ],
    [
      "takes over before it was measured",
      () => tried(CANARY).send({ type: "steering-refused", reason: "ENOMEM" }),
      "0:leaving 1:serving",
      ["ends 30s early, before it was measured", "not judged"],
    ],
    [
      "goes back if troubles since the last measurement make it bad",
      () => {
        const server = tried(CANARY, 2, { respawn: { ...SETTINGS.respawn, maxCrashes: 99 } });
        measure(server, 1, GOOD);
        for (let times = 0; times < 30; times++) {
          server.send({ type: "worker-uncaught", worker: 2, error: "Error: late" });
        }
        return server.obey(...START).send({ type: "steering-refused", reason: "ENOMEM" });
      },
      "0:serving 1:leaving",
      ["early, after 100 requests", "Generation 1 is bad", "Rolled back from generation 1"],
    ],
  ];
  test.each(TABLE)("%s", (_, make, after, log) => {
    const server = make();
    expect(roles(server)).toBe(after);
    const said = server.takeLog().join("\n");
    for (const words of log) expect(said).toContain(words);
  });

  test("waits for workers that it has lost", () => {
    const server = refuse(tried(CANARY).crash(2));
    expect(roles(server)).toBe("0:serving 1:starting");
    server.obey(...START);
    expect(roles(server)).toBe("0:leaving 1:serving");
  });

  test("has nobody looked at any more, nor measured", () => {
    const server = tried({ ...CANARY, hasVerify: true });
    server.send({ type: "verified", generation: 1, stage: "ready", problem: undefined });
    server
      .obey(...START)
      .pass(16_000)
      .take();
    server.send({ type: "steering-refused", reason: "ENOMEM" });
    expect(server.take().map(({ type }) => type)).toEqual(
      expect.arrayContaining(["end-verify", "end-comparison", "reload-steered"]),
    );
  });
});
