// Steering programs, run by an interpreter on packets of our own.
import { describe, expect, test } from "bun:test";
import type { ByClient, Split } from "../../src/core/moves/accept-group.ts";
import { MOST_INSTRUCTIONS } from "../../src/net/bpf.ts";
import { type Program, steeringProgram } from "../../src/net/steering-program.ts";
import { run } from "./bpf-machine.ts";
import { ipv4, ipv6 } from "./packets.ts";

const CLIENT = "203.0.113.7";
/** Ports in order, as a client gets them: `step` is 1 or 2 with most systems. */
const ports = (count: number, step = 2): number[] =>
  Array.from({ length: count }, (_, at) => 33_000 + at * step);

/** How many of `packets` come to each index. */
function counted(program: Program, packets: readonly Uint8Array[]): number[] {
  const code = steeringProgram(program);
  const counts: number[] = [];
  for (const bytes of packets) {
    const index = run(code, { bytes });
    counts[index] = (counts[index] ?? 0) + 1;
  }
  return counts;
}

const fromOneClient = (count: number, step?: number): Uint8Array[] =>
  ports(count, step).map((port) => ipv4(CLIENT, port));
/** 200 clients with one connection each. */
const CLIENTS = Array.from({ length: 200 }, (_, at) => `198.51.${at % 7}.${at}`);
const fromClients = (port: number): Uint8Array[] => CLIENTS.map((client) => ipv4(client, port));

const upTo = (size: number, step = 1): number[] =>
  Array.from({ length: size }, (_, at) => at * step);

const canary = (share: number, size: number): Split => ({
  parts: [
    { weight: 1 - share, indexes: upTo(size) },
    { weight: share, indexes: upTo(size).map((index) => size + index) },
  ],
});

const slots = (indexes: readonly (number | undefined)[]): ByClient => ({
  by: "client",
  parts: [{ weight: 1, indexes }],
});

/** Where the clients come to, each with this port. */
function reached(program: ByClient, port: number): number[] {
  const code = steeringProgram(program);
  return fromClients(port).map((bytes) => run(code, { bytes }));
}

describe("a list", () => {
  test("of one index is that index, whatever the packet is", () => {
    expect(run(steeringProgram([5]), { bytes: new Uint8Array() })).toBe(5);
  });

  test.each([[[0, 1]], [[2, 3, 7]], [[0, 3, 4, 5, 9]], [upTo(16)], [upTo(50, 2)]])(
    "gives each index an equal share of ports in order, and nothing to others (case %#)",
    (indexes) => {
      for (const step of [1, 2]) {
        const counts = counted(indexes, fromOneClient(3000, step));
        const fair = 3000 / indexes.length;
        expect(Object.keys(counts).map(Number)).toEqual(indexes);
        for (const index of indexes) expect(Math.abs((counts[index] ?? 0) - fair)).toBeLessThan(5);
      }
    },
  );

  test("spreads even eight connections whose ports are neighbours", () => {
    for (const step of [1, 2]) {
      const worst = Math.max(...counted([0, 1, 2, 3], fromOneClient(8, step)));
      expect(worst).toBeLessThanOrEqual(3);
    }
  });

  test("of as many workers as there may be fits the kernel, also with gaps", () => {
    for (const step of [1, 2]) {
      expect(steeringProgram(upTo(1024, step)).length).toBeLessThan(MOST_INSTRUCTIONS);
    }
  });

  test("needs at least one index", () => {
    expect(() => steeringProgram([])).toThrow("at least one");
    expect(() => steeringProgram({ parts: [] })).toThrow("share for some index");
  });
});

describe("parts", () => {
  test.each([
    [0.01, 1],
    [0.05, 3],
    [0.1, 4],
    [0.5, 2],
    [0.5, 8],
    [0.9, 1],
  ])("a share of %d with %d workers is exact within a point", (share, size) => {
    for (const step of [1, 2]) {
      const counts = counted(canary(share, size), fromOneClient(3000, step));
      const got = counts.slice(size).reduce((sum, count) => sum + count, 0);
      expect(Math.abs(got / 3000 - share)).toBeLessThan(0.01);
      const each = counts.slice(size).map((count) => count / got);
      for (const part of each) expect(Math.abs(part - 1 / size)).toBeLessThan(0.05);
    }
  });
});

describe("where the port is,", () => {
  const two: Split = {
    parts: [
      { weight: 1, indexes: [0, 1] },
      { weight: 1, indexes: [2, 3] },
    ],
  };
  const shifted = ports(64).map((port) => ipv4(CLIENT, port, 8));

  test("options of IPv4 change nothing", () => {
    expect(counted(two, shifted)).toEqual(counted(two, fromOneClient(64)));
  });

  test("IPv6 is spread like IPv4", () => {
    const packets = ports(3000).map((port) => ipv6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1], port));
    for (const count of counted(two, packets)) expect(Math.abs(count - 750)).toBeLessThan(20);
  });

  test("what has another header before TCP's, and no IP packet, is spread by chance", () => {
    const packets = [ipv6([], 1, 44), ipv6([], 1, 0), new Uint8Array(60), new Uint8Array([0xf0])];
    for (const bytes of packets) {
      let draw = 0;
      const random = (): number => (draw += 0x9e3779b9) >>> 0;
      const indexes = new Set(upTo(200).map(() => run(steeringProgram(two), { bytes, random })));
      expect([...indexes].toSorted()).toEqual([0, 1, 2, 3]);
    }
  });
});

describe("by client", () => {
  test("all connections of a client come to one index, and clients are spread", () => {
    const program = slots([4, 1, 2, 3]);
    expect(reached(program, 40_000)).toEqual(reached(program, 52_347));
    const counts = counted(program, fromClients(40_000));
    for (const index of [1, 2, 3, 4]) expect(counts[index]).toBeWithin(30, 71);
  });

  test("neighbours get different ones", () => {
    const packets = upTo(20).map((at) => ipv4(`127.0.0.${at + 1}`, 40_000));
    for (const count of counted(slots([0, 1, 2, 3]), packets)) expect(count).toBeWithin(4, 7);
  });

  test("only the clients of a slot without a worker move, to all others, and come back", () => {
    const before = reached(slots([0, 1, 2, 3]), 40_000);
    const during = reached(slots([0, undefined, 2, 3]), 40_000);
    const moved = during.filter((_, at) => before[at] === 1);
    expect(during.every((index, at) => before[at] === 1 || index === before[at])).toBe(true);
    expect([...new Set(moved)].toSorted()).toEqual([0, 2, 3]);
    expect(reached(slots([0, undefined, undefined, undefined]), 1)).toEqual(before.map(() => 0));
  });

  test("the worker of a slot may have any index", () => {
    const before = reached(slots([0, 1, 2, 3]), 40_000);
    const after = reached(slots([7, 4, 6, 5]), 40_000);
    expect(after).toEqual(before.map((slot) => [7, 4, 6, 5][slot] as number));
  });

  test("the clients in a canary are the same ones all the time, and keep their slots", () => {
    const parts: ByClient["parts"] = [
      { weight: 3, indexes: [0, 1, 2, 3] },
      { weight: 1, indexes: [4, 5, 6, 7] },
    ];
    const alone = reached(slots([0, 1, 2, 3]), 40_000);
    const first = reached({ by: "client", parts }, 40_000);
    expect(reached({ by: "client", parts }, 41_111)).toEqual(first);
    expect(first.map((index) => index % 4)).toEqual(alone);
    expect(first.filter((index) => index > 3).length).toBeWithin(35, 66);
  });

  test("every part of an IPv6 address counts", () => {
    const code = steeringProgram(slots(upTo(64)));
    const base = [0x2001, 0xdb8, 0, 0, 0, 0, 0, 1];
    const at = (groups: readonly number[]): number => run(code, { bytes: ipv6(groups, 4000) });
    const others = base.map((group, place) => at(base.with(place, group + 1)));
    expect(new Set([at(base), ...others]).size).toBeGreaterThan(5);
    expect(at(base)).toBe(run(code, { bytes: ipv6(base, 5000) }));
  });
});
