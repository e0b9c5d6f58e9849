// Other ways to replace a generation: a few workers at a time, and after the old one has stopped.
import { describe, expect, test } from "bun:test";
import type { RolloutSettings } from "../../../src/core/settings.ts";
import { underWay } from "../../../src/master/reports/under-way.ts";
import { ADDRESS, END, OTHER_ADDRESS, Scenario, serving, START, started } from "../scenario.ts";
import { BAKE, PLAIN, roles, tried } from "../trials.ts";

const ROLLING: RolloutSettings = { ...PLAIN, strategy: "rolling" };
const RESTART: RolloutSettings = { ...PLAIN, strategy: "restart" };

/** How many processes there are. */
function alive({ state }: Scenario): number {
  return [...state.workers.values()].filter(({ phase }) => phase.name !== "exited").length;
}

/** Lets workers do all that is asked of them, and sees the most that are there at once. */
function settle(server: Scenario): number {
  let most = alive(server);
  for (let round = 0; round < 40; round++) {
    server.obey("load-config", "spawn");
    most = Math.max(most, alive(server));
    server.obey("bind", ...END).pass(1300);
    most = Math.max(most, alive(server));
  }
  return most;
}

/** A reload that replaces four workers, some at a time. */
function begin(change: Partial<RolloutSettings> = {}): Scenario {
  const server = serving({ workers: 4, rollout: { ...ROLLING, ...change } });
  server.take();
  return server.reload();
}

describe("rolling", () => {
  for (const maxSurge of [1, 2, 3]) {
    test(`never has more than ${maxSurge} worker(s) above the wanted number`, () => {
      const server = begin({ maxSurge });
      expect(settle(server)).toBe(4 + maxSurge);
      expect(roles(server)).toBe("1:serving");
      expect(server.takeOnly("reload-ended")).toMatchObject([{ outcome: "completed" }]);
    });
  }

  test("lets an old worker go for each new one that is ready; both generations serve", () => {
    const server = begin().obey("load-config", "spawn", "bind");
    expect(server.phases).toBe("0:ready 1:ready 2:ready 3:draining 4:ready");
    expect(server.state.groups.get(ADDRESS)?.program).toEqual([0, 1, 2, 4]);
    expect(roles(server)).toBe("0:serving 1:starting");
    const words = "generation 1: 1 of 4 workers serve, beside 3 of generation 0";
    expect(underWay(server.state, server.nowMs)).toEqual([{ what: "reload", words }]);
  });

  test("starts the old workers again that had gone, when a new one fails", () => {
    const server = begin().obey(...START);
    server
      .obey(...END)
      .pass(1300)
      .obey("spawn");
    server.take();
    const fresh = [...server.state.workers.values()].find(({ generation }) => generation === 1);
    server.crash(fresh?.id ?? -1);
    expect(server.takeLog()).toContain(
      "[ERROR] Rolled back from generation 1 to generation 0: " +
        `Worker ${fresh?.id} (generation 1) exited unexpectedly: signal SIGSEGV`,
    );
    settle(server);
    expect(server.takeOnly("reload-ended")).toMatchObject([{ outcome: "rolled-back" }]);
    const left = [...server.state.workers.values()];
    expect(left.map(({ generation, phase }) => `${generation}:${phase.name}`)).toEqual(
      Array.from({ length: 4 }, () => "0:ready"),
    );
  });

  const TOO_EARLY: readonly (readonly [what: string, server: () => Scenario])[] = [
    ["the first new one fails", () => begin().obey("load-config").crash(4)],
    [
      "the first new one is ready and the command in rollout.verify says no",
      () =>
        begin({ hasVerify: true }).obey("load-config", "spawn", "bind").send({
          type: "verified",
          generation: 1,
          stage: "ready",
          problem: "exit code 1",
        }),
    ],
    [
      "the first new one crashes while the command looks at it",
      () => begin({ hasVerify: true }).obey("load-config", "spawn", "bind").crash(4),
    ],
  ];
  test.each(TOO_EARLY)("is rejected, not rolled back, when %s: it had no clients", (_, server) => {
    const effects = server().take();
    expect(effects).toContainEqual(
      expect.objectContaining({ type: "reload-ended", outcome: "rejected" }),
    );
    expect(effects).toContainEqual(
      expect.objectContaining({ message: "Reload failed — continuing with previous version" }),
    );
  });

  test("goes on until the drain of a stop begins, when no old worker is left", () => {
    const server = begin().obey("load-config", "spawn", "bind");
    server.state = {
      ...server.state,
      settings: { ...server.state.settings, shutdownDelayMs: 5000 },
    };
    for (const worker of [0, 1, 2]) server.crash(worker);
    server.stop("graceful");
    expect(roles(server)).toBe("0:leaving 1:serving");
    expect(server.state.groups.get(ADDRESS)?.program).not.toContain(3);
    server.pass(5000);
    expect(server.phases).toContain("4:draining");
  });

  test("goes from four workers to two, and from two to four", () => {
    for (const [from, to] of [
      [4, 2],
      [2, 4],
    ] as const) {
      const server = serving({ workers: from, rollout: ROLLING });
      server.written = { ...server.written, workers: to };
      expect(settle(server.reload())).toBeLessThanOrEqual(5);
      expect(alive(server)).toBe(to);
      expect(roles(server)).toBe("1:serving");
    }
  });

  test("keeps an old worker until all new ones are ready, however many more they are", () => {
    const server = serving({ workers: 1, rollout: ROLLING });
    server.written = { ...server.written, workers: 4 };
    server.reload().obey("load-config", "spawn");
    for (const worker of [1, 2, 3]) {
      server.send({ type: "worker-bound", worker, addresses: [ADDRESS] });
      server.send({ type: "worker-ready", worker });
    }
    expect(server.phases).toBe("0:ready 1:ready 2:ready 3:ready 4:binding");
    server.send({ type: "worker-failed", worker: 4, reason: "no" });
    expect(server.phases).toStartWith("0:ready");
    expect(server.takeOnly("reload-undone")).toMatchObject([{ generation: 1, reason: "no" }]);
  });

  test("does not wait for the end of a bake, whose standby has the room that it needs", () => {
    const server = tried(BAKE);
    server.written = { ...server.written, rollout: ROLLING };
    server.reload().obey("load-config");
    expect(roles(server)).toBe("0:standby 1:serving 2:starting");
    settle(server);
    expect(roles(server)).toBe("2:serving");
  });

  test("asks the command in rollout.verify about the first worker, before the others start", () => {
    const server = begin({ hasVerify: true }).obey("load-config", "spawn", "bind");
    expect(server.phases).toBe("0:ready 1:ready 2:ready 3:ready 4:ready");
    expect(server.state.groups.get(ADDRESS)?.program).toEqual([0, 1, 2, 3]);
    expect(server.takeOnly("verify")).toHaveLength(1);
    server.send({ type: "verified", generation: 1, stage: "ready", problem: undefined });
    settle(server);
    expect(roles(server)).toBe("1:serving");
  });
});

describe("restart", () => {
  test("starts the new generation when the last old worker has gone", () => {
    const server = serving({ rollout: RESTART }).reload().obey("load-config");
    expect(server.phases).toBe("0:draining 1:draining");
    expect(server.takeOnly("spawn")).toEqual([]);
    server
      .obey(...END)
      .pass(1300)
      .obey(...END);
    expect(server.takeOnly("spawn")).toMatchObject([{ generation: 1, slot: 0 }]);
    server.obey(...START);
    expect(roles(server)).toBe("1:serving");
    expect(server.phases).toBe("2:ready 3:ready");
  });

  test("closes WebSockets at once: nobody takes them over before all have gone", () => {
    const server = serving({ rollout: RESTART }).reload().obey("load-config");
    const orders = server.takeOnly("drain");
    expect(orders.map(({ webSockets }) => webSockets)).toEqual(["at-once", "at-once"]);
  });

  test("says for how long nobody took new connections", () => {
    const server = serving({ rollout: RESTART }).reload().obey("load-config");
    expect(server.takeLog()).toContain(
      "[INFO] Stopping generation 0 before generation 1 starts (rollout.strategy)",
    );
    server
      .obey(...END)
      .pass(1300)
      .obey(...END, ...START);
    const effects = server.take();
    const words = "Generation 1 takes new connections; for 1.3s nobody did";
    expect(effects).toContainEqual(expect.objectContaining({ level: "warn", message: words }));
    const ended = { type: "reload-ended", outcome: "completed", gapMs: 1300 };
    expect(effects).toContainEqual(expect.objectContaining(ended));
  });

  test("keeps the last listener meanwhile, which drops handshakes, so that clients wait", () => {
    const server = serving({ rollout: RESTART }).reload().obey("load-config");
    expect(server.takeOnly("quiet-listener")).toHaveLength(2);
    server
      .obey(...END)
      .pass(1300)
      .obey(...END);
    expect(server.takeOnly("close-listener")).toHaveLength(1);
    expect(server.state.groups.get(ADDRESS)?.members).toHaveLength(1);
    server.obey("spawn", "bind");
    expect(server.takeOnly("close-listener")).toHaveLength(1);
    expect(server.state.groups.get(ADDRESS)?.members).toEqual([3, 2]);
  });

  test("steers all to that listener until the new generation is ready and looked at", () => {
    const rollout = { ...RESTART, hasVerify: true };
    const server = serving({ rollout }).reload().obey("load-config");
    server
      .obey(...END)
      .pass(1300)
      .obey(...END, "spawn", "bind");
    const groupOf = () => server.state.groups.get(ADDRESS);
    const [bridge] = groupOf()?.members ?? [];
    expect(server.state.rollout.name).toBe("verifying");
    expect(groupOf()).toMatchObject({ members: [bridge, 2, 3], program: [0], bridge });
    server.send({ type: "verified", generation: 1, stage: "ready", problem: undefined });
    expect(groupOf()).toMatchObject({ members: [3, 2], program: undefined });
  });

  test("steers all to it until a worker of the old generation is ready again", () => {
    const server = serving({ rollout: RESTART }).reload().obey("load-config");
    server
      .obey(...END)
      .pass(1300)
      .obey(...END, "spawn");
    server.send({ type: "worker-failed", worker: 2, reason: "no" }).obey(...END, "spawn");
    const old = [...server.state.workers.values()].find(({ generation }) => generation === 0);
    const worker = old?.id ?? -1;
    server.send({ type: "worker-bound", worker, addresses: [ADDRESS] });
    expect(server.state.groups.get(ADDRESS)?.program).toEqual([0]);
    server.send({ type: "worker-ready", worker });
    expect(server.state.groups.get(ADDRESS)?.program).toEqual([1]);
  });

  test("warms up before it listens where no listener is kept, as at the first start", () => {
    const first = new Scenario({ rollout: RESTART }).send({ type: "tick" });
    expect(first.takeOnly("spawn")).toMatchObject([{ warmsUpFirst: true }]);
    for (const isRefused of [false, true]) {
      const server = serving({ rollout: RESTART }).reload().obey("load-config");
      if (isRefused) server.send({ type: "quiet-refused", worker: 0, address: ADDRESS });
      server
        .obey(...END)
        .pass(1300)
        .obey(...END);
      const [spawn] = server.takeOnly("spawn");
      expect(spawn?.warmsUpFirst).toBe(isRefused ? true : undefined);
    }
  });

  test("closes every listener where the kernel lets none drop handshakes", () => {
    const server = serving({ rollout: RESTART }).reload().obey("load-config");
    server.send({ type: "quiet-refused", worker: 0, address: ADDRESS });
    server
      .obey(...END)
      .pass(1300)
      .obey(...END);
    expect(server.state.groups.size).toBe(0);
  });

  test("starts the old generation again when the new one fails", () => {
    const server = serving({ rollout: RESTART }).reload().obey("load-config");
    server
      .obey(...END)
      .pass(1300)
      .obey(...END);
    server.send({ type: "worker-exited", worker: 2, how: "exit code 1" });
    const told = server.take();
    expect(told).toContainEqual(
      expect.objectContaining({ type: "reload-ended", outcome: "rejected" }),
    );
    expect(told).toContainEqual(
      expect.objectContaining({
        type: "log",
        message: "Reload failed — nobody serves; starting generation 0 again",
      }),
    );
    server.obey(...START);
    expect(server.phases).toBe("3:ready 4:ready");
    expect(roles(server)).toBe("0:serving");
    expect(server.takeLog().at(-1)).toStartWith("[WARN] Generation 0 takes new connections; for");
  });

  test("tells whoever has asked that nobody serves, and what to put back once that is known", () => {
    const server = serving({ rollout: RESTART, workers: 1 });
    const failsToReload = (fresh: number): void => {
      server.send({ type: "reload-requested", by: "a", id: 7, until: "ended" }).obey("load-config");
      server
        .obey(...END)
        .pass(1300)
        .obey(...END);
      server.send({ type: "worker-exited", worker: fresh, how: "exit code 1" });
    };
    failsToReload(1);
    const outage =
      "nobody serves until a worker of generation 0 is ready, " +
      "which starts if its files are as they were";
    expect(server.takeOnly("answer")).toMatchObject([{ ok: false, outage }]);
    server.send(started(2)).send({ type: "worker-outdated", worker: 2, files: ["app.ts"] });
    failsToReload(3);
    const files = "app.ts has changed since generation 0 was loaded: put the files back";
    const told = server.take();
    expect(told).toContainEqual(expect.objectContaining({ outage: `nobody serves: ${files}` }));
    expect(told).toContainEqual(
      expect.objectContaining({ message: `Reload failed — nobody serves: ${files}` }),
    );
  });

  test("ends a bake: no version is in standby beside the new one", () => {
    const server = tried(BAKE);
    server.written = { ...server.written, rollout: RESTART };
    server.reload().obey("load-config");
    expect(server.phases).toBe("0:draining 1:draining 2:draining 3:draining");
    server.send({ type: "worker-idle", worker: 2 }).send({ type: "worker-idle", worker: 3 });
    server.obey("stop").pass(1300);
    expect(server.takeOnly("spawn").filter(({ generation }) => generation === 2)).toEqual([]);
    settle(server);
    expect(roles(server)).toBe("2:serving");
  });

  test("counts the gap from its beginning, also when a second version has to end it", () => {
    const server = serving({ rollout: RESTART }).reload().obey("load-config");
    server
      .obey(...END)
      .pass(1300)
      .obey(...END);
    server.send({ type: "worker-exited", worker: 2, how: "exit code 1" }).reload();
    server.pass(1000);
    server.obey(...END, "load-config", "spawn", ...END).obey(...START);
    expect(server.takeLog()).toContain(
      "[WARN] Generation 2 takes new connections; for 2.3s nobody did",
    );
  });

  test("leaves the old one alone when the configuration does not validate", () => {
    const server = serving({ rollout: RESTART }).reload();
    server.send({ type: "config-rejected", generation: 1, reason: "port: no" });
    expect(server.phases).toBe("0:ready 1:ready");
  });

  test("can be stopped in the gap", () => {
    const server = serving({ rollout: RESTART }).reload().obey("load-config").stop("graceful");
    server
      .obey(...END)
      .pass(3000)
      .obey(...END);
    expect(server.state.exited).toBe(true);
  });
});

/** The file of the app has changed: no old worker can be started again. */
function cannotGoBack(server: Scenario): Scenario {
  const old = server.state.generations.get(0);
  if (old === undefined) throw new Error("no generation 0");
  const generations = new Map(server.state.generations);
  server.state = { ...server.state, generations: generations.set(0, { ...old, outdated: ["a"] }) };
  return server;
}

describe("a rolling reload in which something is lost", () => {
  test("has no more processes than it may when an old worker is lost", () => {
    const server = begin().obey("load-config", "spawn", "bind");
    expect(alive(server)).toBe(5);
    server.crash(0);
    server.pass(100);
    expect(alive(server)).toBeLessThanOrEqual(5);
    expect(settle(server)).toBeLessThanOrEqual(5);
    expect(roles(server)).toBe("1:serving");
  });

  test("goes on when the slot of an old worker stays empty", () => {
    const server = cannotGoBack(begin().obey("load-config")).crash(1);
    settle(server);
    expect(roles(server)).toBe("1:serving");
  });

  test("takes over with the workers that it has, when nobody else is left", () => {
    const server = begin({ maxSurge: 3 }).obey("load-config", "spawn");
    for (let round = 0; round < 3; round++) server.obey("bind");
    cannotGoBack(server);
    const old = [...server.state.workers.values()].filter(({ generation }) => generation === 0);
    const fresh = [...server.state.workers.values()].find(
      ({ generation, phase }) => generation === 1 && phase.name === "ready",
    );
    for (const { id } of old) server.crash(id);
    server.take();
    server.crash(fresh?.id ?? -1);
    expect(server.state.serving).toBe(1);
    settle(server);
    expect(roles(server)).toBe("1:serving");
    expect(alive(server)).toBe(4);
  });

  test("lets the generation in standby go, which takes its room", () => {
    const server = serving({ workers: 2, rollout: { ...PLAIN, bakeMs: 60_000 } });
    server.reload().obey(...START);
    expect(roles(server)).toBe("0:standby 1:serving");
    server.written = { ...server.written, rollout: ROLLING };
    settle(server.reload());
    expect(roles(server)).toBe("2:serving");
  });

  test("keeps every ready worker in the program of clients that keep their slots", () => {
    const server = serving({ workers: 4, rollout: ROLLING, affinity: "client" }).reload();
    server.obey("load-config", "spawn", "bind");
    expect(server.phases).toBe("0:ready 1:ready 2:ready 3:draining 4:ready");
    const { members = [], program } = server.state.groups.get(ADDRESS) ?? {};
    if (typeof program !== "object" || !("by" in program)) throw new Error("no affinity");
    const named = program.parts[0]?.indexes.map((index) => members[index ?? -1]);
    expect(named).toEqual([0, 1, 2, 4]);
  });
});

/** The old workers have gone, and the first new one starts. */
const inGap = (): Scenario =>
  serving({ rollout: RESTART })
    .reload()
    .obey("load-config")
    .obey(...END)
    .pass(1300)
    .obey(...END);

describe("a restart", () => {
  test("that fails starts the old generation when the last new worker has gone", () => {
    const server = inGap().obey("spawn");
    server.take();
    server.send({ type: "worker-failed", worker: 2, reason: "no" });
    expect(server.takeOnly("spawn")).toEqual([]);
    server.obey(...END).crash(3);
    server.obey(...END);
    expect(server.takeOnly("spawn")).toMatchObject([{ generation: 0 }, { generation: 0 }]);
  });

  test("is one, too, while a handover waits for it", () => {
    const server = serving({ rollout: RESTART }).reload().handOver().obey("load-config");
    expect(server.phases).toBe("0:draining 1:draining");
  });

  test("lets the generation in standby go first", () => {
    const server = serving({ rollout: { ...PLAIN, bakeMs: 60_000 } });
    server.reload().obey(...START);
    server.written = { ...server.written, rollout: RESTART };
    server.reload().obey("load-config");
    expect(server.phases).toBe("0:draining 1:draining 2:draining 3:draining");
    expect(server.state.bake).toBeUndefined();
  });

  test("tells the length of a gap that a later reload ends", () => {
    const server = cannotGoBack(inGap());
    server.written = { ...server.written, rollout: PLAIN };
    server.send({ type: "worker-exited", worker: 2, how: "exit code 1" });
    server.take();
    server.obey(...START);
    expect(server.takeLog().join("\n")).toContain("Generation 2 takes new connections; for 1.3s");
  });
});

test("a listener that has bridged a gap at another address goes before a handover begins", () => {
  const server = inGap();
  server.addresses = [OTHER_ADDRESS];
  server.handOver();
  server.obey("load-config", "spawn", "bind");
  expect(server.state.succession.name).toBe("starting");
  expect([...server.state.groups.keys()]).toEqual([OTHER_ADDRESS]);
});
