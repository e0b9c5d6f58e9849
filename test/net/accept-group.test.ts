// The model of the accept group, held against the kernel with real sockets.
import { expect, test } from "bun:test";
import fc from "fast-check";
import { indexesOf, planClose } from "../../src/core/moves/accept-group.ts";
import { KernelGroup } from "./kernel-group.ts";

/** Opens a listener, or closes the one at this index (modulo how many there are). */
const operations = fc.array(fc.oneof(fc.constant("open" as const), fc.nat({ max: 7 })), {
  minLength: 4,
  maxLength: 14,
});

test("the kernel's array of listeners is the model's, after any opens and closes", async () => {
  await fc.assert(
    fc.asyncProperty(operations, async (sequence) => {
      const group = new KernelGroup();
      try {
        for (const operation of sequence) {
          if (operation === "open" || group.members.length === 0) group.open();
          else group.close(group.members[operation % group.members.length] as number);
          for (const [index, member] of group.members.entries()) {
            group.steer([index]);
            expect(await group.probe()).toBe(member);
          }
        }
      } finally {
        group.dispose();
      }
    }),
    { numRuns: 25 },
  );
}, 60_000);

test("a planned close reaches a live listener before and after it, with the same program", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 2, max: 6 }), fc.nat(), fc.nat(), async (size, a, b) => {
      const group = new KernelGroup();
      try {
        for (let count = 0; count < size; count++) group.open();
        const closing = group.members[a % size] as number;
        const live = (id: number): boolean => id !== closing && (id + b) % 2 === 0;
        const workers = group.members.filter(live);
        fc.pre(workers.length > 0);
        const plan = planClose(group.members, closing, { parts: [{ weight: 1, workers }] });
        const waits =
          indexesOf(plan.during)?.every((index) => group.members[index] === closing) ?? false;
        group.steer(plan.during);
        if (!waits) expect(live(await group.probe())).toBe(true);
        group.close(closing);
        expect(group.members).toEqual(plan.members);
        expect(live(await group.probe())).toBe(true);
        group.steer(plan.after);
        for (let probes = 0; probes < 4; probes++) expect(live(await group.probe())).toBe(true);
      } finally {
        group.dispose();
      }
    }),
    { numRuns: 40 },
  );
}, 60_000);

test("a program with several indexes reaches each of them, and no other", async () => {
  const group = new KernelGroup();
  try {
    for (let count = 0; count < 5; count++) group.open();
    group.steer([1, 3, 4]);
    const reached = new Set<number>();
    for (let probes = 0; probes < 60; probes++) reached.add(await group.probe());
    expect([...reached].toSorted()).toEqual([1, 3, 4]);
  } finally {
    group.dispose();
  }
});
