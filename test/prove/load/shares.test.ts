// How clients are shared among modes and processes.
import { describe, expect, test } from "bun:test";
import { type LoadPlan, type Mode, MODES } from "../../../src/prove/load/plan.ts";
import { type Share, sharesOf } from "../../../src/prove/load/shares.ts";

const ALL = Object.keys(MODES) as Mode[];

function planOf(modes: readonly Mode[], more: Partial<LoadPlan> = {}): LoadPlan {
  const paths = [{ path: "/", statuses: [200] }];
  const plans = modes.map((mode) => ({ mode, paths }));
  const target = { endpoint: { host: "127.0.0.1", port: 1 }, headers: {} };
  return { ...target, modes: plans, seed: 1, timeoutMs: 1000, ...more };
}

/** All clients of a mode, or of all modes. */
function clientsIn(shares: readonly Share[], mode?: Mode): number {
  const all = shares.flatMap((it) => (mode === undefined ? Object.values(it) : [it[mode] ?? 0]));
  return all.reduce((sum, count) => sum + count, 0);
}

describe("shares", () => {
  test.each([
    [1, 1],
    [2, 1],
    [3, 1],
    [4, 2],
    [16, 8],
    [128, 8],
  ])("with %p processors there are %p processes", (cpus, processes) => {
    expect(sharesOf(planOf(ALL), cpus)).toHaveLength(processes);
  });

  test("there are as many processes as are asked for, but none without a client", () => {
    expect(sharesOf(planOf(ALL, { processes: 3 }), 2)).toHaveLength(3);
    expect(sharesOf(planOf(["post"], { processes: 3, clients: 2 }), 2)).toHaveLength(2);
  });

  test.each([1, 2, 5])("are about the same for each of %p processes", (processes) => {
    const shares = sharesOf(planOf(ALL, { processes }), 2);
    const sizes = shares.map((share) => clientsIn([share]));
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    expect(clientsIn(shares)).toBe(clientsIn(sharesOf(planOf(ALL), 1)));
  });

  test("have a client of each mode, however few are asked for", () => {
    const shares = sharesOf(planOf(ALL, { clients: 3 }), 4);
    expect(ALL.map((mode) => clientsIn(shares, mode))).toEqual(ALL.map(() => 1));
  });

  test("grow in all modes alike", () => {
    const usual = sharesOf(planOf(ALL), 1);
    const double = sharesOf(planOf(ALL, { clients: 2 * clientsIn(usual) }), 1);
    for (const mode of ALL) expect(clientsIn(double, mode)).toBe(2 * clientsIn(usual, mode));
  });
});
