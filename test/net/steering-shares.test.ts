// Steering programs in the kernel: where thousands of real connections go.
import { describe, expect, test } from "bun:test";
import type { ByClient, Split } from "../../src/core/moves/accept-group.ts";
import { CountedGroup } from "./counted-group.ts";

const upTo = (size: number): number[] => Array.from({ length: size }, (_, at) => at);

function canary(share: number, size: number): Split {
  return {
    parts: [
      { weight: 1 - share, indexes: upTo(size) },
      { weight: share, indexes: upTo(size).map((index) => size + index) },
    ],
  };
}

describe("a canary's share of 3,000 connections is exact within 2 points", () => {
  test.each([
    [0.5, 1],
    [0.1, 2],
    [0.25, 4],
    [0.05, 8],
  ])("%d with %d workers", (share, size) => {
    using group = new CountedGroup(2 * size);
    group.steer(canary(share, size));
    const counts = group.count(3000);
    const got = counts.slice(size).reduce((sum, count) => sum + count, 0);
    expect(Math.abs(got / 3000 - share)).toBeLessThan(0.02);
    expect(Math.min(...counts)).toBeGreaterThan(0);
  });
});

test("IPv4 and IPv6 clients of one listener are spread alike", () => {
  using group = new CountedGroup(4, "::");
  group.steer(canary(0.5, 2));
  for (const to of ["127.0.0.1", "::1"]) {
    const counts = group.count(400, () => group.connect(to));
    for (const count of counts) expect(count).toBeWithin(60, 141);
  }
});

test("connections of a client come to the worker of its slot, by both families", () => {
  using group = new CountedGroup(4, "::");
  const program: ByClient = { by: "client", parts: [{ weight: 1, indexes: [3, 1, 0, 2] }] };
  group.steer(program);
  const slots = upTo(20).map((at) => {
    const indexes = upTo(5).map(() => group.connect("127.0.0.1", `127.0.0.${at + 1}`));
    expect(new Set(indexes).size).toBe(1);
    return indexes[0] as number;
  });
  for (const index of upTo(4)) expect(slots.filter((it) => it === index).length).toBeWithin(4, 7);
  expect(new Set(upTo(5).map(() => group.connect("::1"))).size).toBe(1);
});
