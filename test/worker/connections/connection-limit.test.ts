// What a worker does as its connections come and go, at a limit of 10.
import { expect, test } from "bun:test";
import { ConnectionLimit } from "../../../src/worker/connections/connection-limit.ts";
import type { Overflow } from "../../../src/worker/connections/overflow.ts";

function setup(listeners: readonly number[] = [7]) {
  const told: string[] = [];
  const seen: string[] = [];
  const now = { about: 0, exactly: 0, isDraining: false };
  const limit = new ConnectionLimit({
    most: 10,
    connections: {
      get about() {
        return now.about;
      },
      all: () => Array.from({ length: now.exactly }, (_, fd) => fd),
    },
    accepting: { setFull: (isFull) => void seen.push(isFull ? "Bun waits" : "Bun accepts") },
    listeners: () => listeners,
    overflow: { size: 0, accept: () => void seen.push("refuses") } as unknown as Overflow,
    hasEnded: () => now.isDraining,
    say: (isFull) => void seen.push(isFull ? "says full" : "says room"),
    tell: (event, words) => {
      seen.push(event);
      told.push(words);
    },
  });
  const look = (count: number, nowMs: number, exactly = count): string[] => {
    Object.assign(now, { about: count, exactly });
    limit.look(nowMs);
    return seen.splice(0);
  };
  return { look, now, told };
}

test("it says that it is full, refuses whoever comes in spite of that, and says that it has room", () => {
  const { look } = setup();
  expect(look(9, 0)).toEqual([]);
  expect(look(10, 20)).toEqual(["says full", "connections-full"]);
  expect(look(11, 40)).toEqual([]);
  expect(look(11, 80)).toEqual(["Bun waits", "refuses"]);
  expect(look(10, 85)).toEqual(["Bun waits", "refuses"]);
  expect(look(9, 90)).toEqual(["says room", "Bun accepts"]);
  expect(look(10, 110)).toEqual(["says full"]);
});

test.each([
  [[7], /, or get 503$/],
  [[], /, or wait$/],
])("where it can answer on %j, it says what becomes of new ones: %p", (listeners, words) => {
  const { look, told } = setup(listeners);
  look(10, 0);
  expect(told).toEqual([expect.stringMatching(words)]);
});

test("descriptors that the app has opened do not count", () => {
  const { look } = setup();
  expect(look(12, 0, 4)).toEqual([]);
});

test("a drain ends it: whoever has come is served", () => {
  const { look, now } = setup();
  look(10, 0);
  look(10, 100);
  now.isDraining = true;
  expect(look(10, 120)).toEqual(["Bun accepts"]);
  expect(look(20, 140)).toEqual([]);
});
