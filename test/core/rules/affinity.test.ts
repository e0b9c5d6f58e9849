// Affinity: the program names the worker of each slot, whatever happens to workers.
import { describe, expect, test } from "bun:test";
import type { Program } from "../../../src/core/moves/accept-group.ts";
import type { RolloutSettings, Settings } from "../../../src/core/settings.ts";
import { ADDRESS, END, type Scenario, serving, START } from "../scenario.ts";

const AFFINE: Partial<Settings> = { workers: 3, affinity: "client" };

function programIn({ state }: Scenario): Program | "unknown" {
  return state.groups.get(ADDRESS)?.program;
}

/** The worker that gets the clients of each slot, part by part. */
function slotsIn(scenario: Scenario): (number | undefined)[][] {
  const { members = [] } = scenario.state.groups.get(ADDRESS) ?? {};
  const program = programIn(scenario);
  if (typeof program !== "object" || !("by" in program)) throw new Error("no affinity");
  return program.parts.map(({ indexes }) =>
    indexes.map((index) => (index === undefined ? undefined : members[index])),
  );
}

const ROLLOUT: RolloutSettings = {
  strategy: "all",
  maxSurge: 1,
  canaryShare: 0.25,
  canaryMs: 10_000,
  bakeMs: 0,
  maxErrorRate: 1,
  maxLatencyRatio: 0,
  minRequests: 50,
  hasVerify: false,
  verifyTimeoutMs: 30_000,
};

describe("affinity", () => {
  test("has a program in force when all workers take connections, too", () => {
    const scenario = serving(AFFINE);
    expect(programIn(scenario)).toEqual({
      by: "client",
      parts: [{ weight: 1, indexes: [0, 1, 2] }],
    });
  });

  test("leaves a gap for a worker that has crashed, until the next one is ready", () => {
    const scenario = serving(AFFINE).crash(1);
    expect(slotsIn(scenario)).toEqual([[0, undefined, 2]]);
    scenario.pass(1000).obey(...START);
    expect(slotsIn(scenario)).toEqual([[0, 3, 2]]);
  });

  test("keeps the slots over a reload, in whatever order listeners close", () => {
    const scenario = serving(AFFINE)
      .reload()
      .obey(...START);
    expect(slotsIn(scenario)).toEqual([[3, 4, 5]]);
    scenario.pass(2000).obey(...END);
    expect(scenario.state.groups.get(ADDRESS)?.members.toSorted()).toEqual([3, 4, 5]);
    expect(slotsIn(scenario)).toEqual([[3, 4, 5]]);
  });

  test("has a slot for each worker that is wanted", () => {
    const scenario = serving(AFFINE)
      .scale(1)
      .obey(...START);
    expect(slotsIn(scenario)).toEqual([[0, 1, 2, 3]]);
    scenario.scale(-1).obey(...END);
    expect(slotsIn(scenario)).toEqual([[0, 1, 2]]);
  });

  test("gives a canary the slots of its share of the clients", () => {
    const scenario = serving({ ...AFFINE, rollout: ROLLOUT })
      .reload()
      .obey(...START);
    expect(slotsIn(scenario)).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
    const program = programIn(scenario);
    expect(program).toMatchObject({ parts: [{ weight: 750_000 }, { weight: 250_000 }] });
  });

  test("goes over slot by slot when workers are replaced one after another", () => {
    const rollout = { ...ROLLOUT, canaryShare: 0, strategy: "rolling" } as const;
    const scenario = serving({ ...AFFINE, rollout })
      .reload()
      .obey(...START);
    expect(slotsIn(scenario)).toEqual([[0, 1, 3]]);
    scenario.pass(2000).obey(...END, ...START);
    expect(slotsIn(scenario)).toEqual([[5, 4, 3]]);
  });

  test("ends with a reload that turns it off", () => {
    const scenario = serving(AFFINE);
    scenario.written = { ...scenario.written, affinity: "none" };
    scenario.reload().obey(...START);
    expect(programIn(scenario)).toEqual([3, 4, 5]);
    scenario.pass(2000).obey(...END);
    expect(programIn(scenario)).toBeUndefined();
  });
});
