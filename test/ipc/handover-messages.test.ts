// Two builds of pounce speak to each other: what is known is checked, what is not known is let
// pass.
import { describe, expect, test } from "bun:test";
import { readFromSuccessor, readFromPredecessor } from "../../src/ipc/handover-messages.ts";

const INVENTORY = {
  generation: 3,
  nextGeneration: 4,
  nextWorker: 9,
  steering: "kernel",
  workers: [{ worker: 7, slot: 0 }],
  groups: [{ address: "127.0.0.1:8000", members: [7] }],
};
const OFFER = {
  type: "offer",
  protocol: 1,
  estate: INVENTORY,
  pids: [{ worker: 7, pid: 12 }],
  port: null,
  held: ["127.0.0.1:9464"],
};

describe("an offer", () => {
  test("is taken as it is, with more in it than is known", () => {
    expect(readFromPredecessor(OFFER)).toEqual(OFFER as never);
    const more = { ...OFFER, mood: "good", estate: { ...INVENTORY, more: 1 } };
    expect(readFromPredecessor(more)).toEqual(more as never);
  });

  const broken: Record<string, unknown> = {
    "no inventory": { ...OFFER, estate: undefined },
    "a member that is no worker": {
      ...OFFER,
      estate: { ...INVENTORY, groups: [{ address: "127.0.0.1:8000", members: [8] }] },
    },
    "a number below zero": { ...OFFER, estate: { ...INVENTORY, nextWorker: -1 } },
    "a steering that is not known": { ...OFFER, estate: { ...INVENTORY, steering: "ebpf" } },
    "a worker without a slot": { ...OFFER, estate: { ...INVENTORY, workers: [{ worker: 7 }] } },
    "no list of processes": { ...OFFER, pids: {} },
    "a port that is a text": { ...OFFER, port: "80" },
  };
  for (const [what, offer] of Object.entries(broken)) {
    test(`with ${what} is no offer`, () => expect(readFromPredecessor(offer)).toBeUndefined());
  }
});

describe("other messages", () => {
  test("of a predecessor are known by their type and what is in them", () => {
    const passed = { type: "from-worker", worker: 1, message: { type: "ready" } };
    expect(readFromPredecessor(passed)).toBeDefined();
    expect(readFromPredecessor({ ...passed, message: { type: "sing" } })).toBeUndefined();
    expect(readFromPredecessor({ type: "granted", ended: [1], reload: "SIGHUP" })).toBeDefined();
    expect(readFromPredecessor({ type: "granted", ended: [1] })).toBeUndefined();
    const granted = { type: "granted", ended: [1], reload: null };
    expect(readFromPredecessor({ ...granted, full: [2] })).toBeDefined();
    expect(readFromPredecessor({ ...granted, stalled: [2] })).toBeDefined();
    expect(readFromPredecessor({ ...granted, stalled: ["2"] })).toBeUndefined();
    expect(readFromPredecessor({ ...granted, full: "all" })).toBeUndefined();
    expect(readFromPredecessor({ type: "toString" })).toBeUndefined();
    expect(readFromPredecessor("offer")).toBeUndefined();
  });

  test("of a successor likewise", () => {
    expect(readFromSuccessor({ type: "claim" })).toBeDefined();
    expect(readFromSuccessor({ type: "hello", protocols: [1, 2] })).toBeDefined();
    expect(readFromSuccessor({ type: "hello" })).toBeUndefined();
    const toWorker = { type: "to-worker", worker: 1, message: { type: "stop" } };
    expect(readFromSuccessor(toWorker)).toBeDefined();
    expect(readFromSuccessor({ ...toWorker, worker: "1" })).toBeUndefined();
    expect(readFromSuccessor({ type: "hello world" })).toBeUndefined();
  });
});
