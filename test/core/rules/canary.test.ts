// A new generation gets a share of the new connections, and is compared with the old one.
import { describe, expect, test } from "bun:test";
import { ADDRESS, END, type Scenario, SETTINGS, START, steered } from "../scenario.ts";
import {
  BAD,
  CANARY,
  comparison,
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
    expect(effects.find(({ type }) => type === "reload-ended")).toMatchObject({
      outcome: "rolled-back",
      workers: 0,
    });
    expect(effects).toContainEqual({
      type: "drain",
      worker: 2,
      reason: "rollback",
      timeoutMs: 30_000,
      closeIdle: false,
      isSteered: true,
    });
  });

  test("may lose workers, which are replaced; when its crash budget is spent, it goes", () => {
    const server = tried(CANARY, 2, { respawn: { ...SETTINGS.respawn, maxCrashes: 2 } });
    server.crash(2).obey(...START);
    expect(server.phases).toBe("0:ready 1:ready 3:ready 4:ready");
    server.crash(3);
    expect(roles(server)).toBe("0:serving 1:leaving");
    expect(server.takeOnly("reload-ended")).toMatchObject([{ outcome: "rolled-back" }]);
  });

  test("goes when errors outside requests have spent the budget, however few requests there are", () => {
    const server = tried(CANARY, 2, { respawn: { ...SETTINGS.respawn, maxCrashes: 2 } });
    const uncaught = (worker: number): Scenario =>
      server.send({ type: "worker-uncaught", worker, error: "Error: late" });
    uncaught(2).obey(...START, ...END);
    expect(server.state.rollout).toMatchObject({ name: "canary", generation: 1 });
    uncaught(3);
    expect(roles(server)).toBe("0:serving 1:leaving");
    expect(server.takeOnly("reload-ended")).toMatchObject([
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

  test("makes way for a newer version that somebody asks for", () => {
    const server = tried(CANARY);
    server.take();
    server.reload();
    expect(server.takeLog().slice(0, 2)).toEqual([
      "[INFO] Received SIGHUP — a reload is in progress; another will follow",
      "[WARN] Rolled back from generation 1 to generation 0: a newer version is wanted (SIGHUP)",
    ]);
    server.obey(...START);
    expect(server.state.rollout).toMatchObject({ name: "canary", generation: 2 });
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

  test("takes over all when the old generation has crashed as a whole", () => {
    const server = tried(CANARY).crash(0).crash(1);
    expect(lastProgram(server)).toBeUndefined();
  });
});

test("without a canary in the settings, a new generation takes over as before", () => {
  expect(roles(steered({ rollout: PLAIN }))).toBe("0:leaving 1:serving");
});
