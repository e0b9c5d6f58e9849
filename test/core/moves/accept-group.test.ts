// The model of the kernel's array of listeners, and the plan for closing one.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  append,
  indexesOf,
  planClose,
  programFor,
  remove,
  sameProgram,
  type Program,
  type Takers,
} from "../../../src/core/moves/accept-group.ts";

const liveAmong = (...workers: readonly number[]): Takers =>
  workers.length === 0 ? { parts: [] } : { parts: [{ weight: 1, workers }] };

describe("the array", () => {
  test("takes a new listener at its end", () => {
    expect(append([4, 2], 7)).toEqual([4, 2, 7]);
  });

  test("moves the last listener into the place of a closed one", () => {
    expect(remove([1, 2, 3, 4], 2)).toEqual([1, 4, 3]);
    expect(remove([1, 2, 3, 4], 4)).toEqual([1, 2, 3]);
    expect(remove([1], 1)).toEqual([]);
  });

  test("does not take a worker twice, nor release one it does not have", () => {
    expect(() => append([1, 2], 2)).toThrow("in the accept group already");
    expect(() => remove([1, 2], 3)).toThrow("not in the accept group");
  });
});

describe("the program", () => {
  const table: readonly [string, number[], number[], boolean, Program][] = [
    ["is none when everybody is live", [1, 2], [1, 2], false, undefined],
    ["names everybody when pinned", [1, 2], [1, 2], true, [0, 1]],
    ["names the indexes of the live", [1, 2, 3], [3, 1], false, [0, 2]],
    ["is never empty", [1, 2], [], true, undefined],
  ];
  for (const [claim, members, live, pinned, program] of table) {
    test(claim, () => {
      expect(programFor(members, liveAmong(...live), pinned)).toEqual(program);
    });
  }

  test("is the same when it names the same indexes", () => {
    expect(sameProgram([0, 2], [0, 2])).toBe(true);
    expect(sameProgram([0, 2], [0, 1])).toBe(false);
    expect(sameProgram([0], [0, 1])).toBe(false);
    expect(sameProgram(undefined, undefined)).toBe(true);
    expect(sameProgram(undefined, [0])).toBe(false);
    expect(sameProgram([0], undefined)).toBe(false);
  });
});

describe("the plan for a close", () => {
  test("steers around the listener that moves, then to everybody live", () => {
    expect(planClose([1, 2, 3, 4], 1, liveAmong(2, 4))).toEqual({
      members: [4, 2, 3],
      during: [1],
      after: [0, 1],
      drops: false,
    });
  });

  test("unsteers when only the live are left", () => {
    expect(planClose([1, 2], 1, liveAmong(2)).after).toBeUndefined();
  });

  test("names the place that the only live one moves to, while others stay behind it", () => {
    expect(planClose([1, 2, 3], 1, liveAmong(3)).during).toEqual([0]);
  });

  test("names the only live one where it is, if nobody else stays", () => {
    expect(planClose([1, 3], 1, liveAmong(3)).during).toEqual([1]);
  });

  test("has no program when nobody is live", () => {
    expect(planClose([1, 2, 3], 1, liveAmong())).toEqual({
      members: [3, 2],
      during: undefined,
      after: undefined,
      drops: false,
    });
  });

  test("says that a handshake may be dropped, only where it may reach the closed one", () => {
    fc.assert(
      fc.property(groups, ({ members, closed, live }) => {
        const { during, drops } = planClose(members, closed, liveAmong(...live));
        const staying = live.filter((worker) => worker !== closed);
        fc.pre(staying.length > 0);
        expect(reached(members, during).includes(closed) && during !== undefined).toBe(drops);
      }),
    );
  });
});

/** The kernel, written as plainly as can be: where a program may send a connection. */
function reached(array: readonly number[], program: Program): readonly number[] {
  const indexes = indexesOf(program);
  const inRange = indexes?.every((index) => index < array.length) ?? false;
  return inRange ? (indexes ?? []).map((index) => array[index] as number) : array;
}

function closeInKernel(array: readonly number[], worker: number): number[] {
  const copy = [...array];
  const last = copy.pop() as number;
  if (last !== worker) copy[copy.indexOf(worker)] = last;
  return copy;
}

const groups = fc
  .uniqueArray(fc.nat({ max: 30 }), { minLength: 1, maxLength: 9 })
  .chain((members) =>
    fc.record({
      members: fc.constant(members),
      closed: fc.constantFrom(...members),
      live: fc.subarray(members),
    }),
  );

describe("for every group, whoever is live and whoever is closed,", () => {
  test("the model is what the kernel does", () => {
    fc.assert(
      fc.property(groups, ({ members, closed }) => {
        expect(remove(members, closed)).toEqual(closeInKernel(members, closed));
      }),
    );
  });

  test("connections reach only the live, before, between and after the calls of a close", () => {
    fc.assert(
      fc.property(groups, ({ members, closed, live }) => {
        const staying = live.filter((worker) => worker !== closed);
        fc.pre(staying.length > 0);
        const plan = planClose(members, closed, liveAmong(...staying));
        const rest = closeInKernel(members, closed);
        // The closed one drops new handshakes by then: to reach it is to be told to try again.
        const harmless = expect.arrayContaining([...reached(rest, plan.during)]);
        expect(plan.members).toEqual(rest);
        const before = reached(members, plan.during).filter((worker) => worker !== closed);
        expect(staying).toEqual(expect.arrayContaining(before));
        expect(staying).toEqual(harmless);
        expect([...reached(rest, plan.after)].toSorted()).toEqual(staying.toSorted());
      }),
      { numRuns: 2000 },
    );
  });
});
