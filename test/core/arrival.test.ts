// What a successor makes of what arrives before it has anything to decide about.

import { describe, expect, test } from "bun:test";
import {
  type Arrival,
  type ArrivalEvent,
  arrive,
  beginArrival,
  OFFER_TIMEOUT_MS,
} from "../../src/core/arrival.ts";
import { PROTOCOLS } from "../../src/core/handover-protocol.ts";
import type { Inventory } from "../../src/core/inventory.ts";
import { ADDRESS, OTHER_ADDRESS } from "./scenario.ts";

const START_MS = 1000;
const DEADLINE_MS = START_MS + OFFER_TIMEOUT_MS;

const INVENTORY: Inventory = {
  generation: 0,
  nextGeneration: 1,
  nextWorker: 2,
  steering: "kernel",
  workers: [
    { worker: 0, slot: 0 },
    { worker: 1, slot: 1 },
  ],
  groups: [
    { address: ADDRESS, members: [1, 0] },
    { address: OTHER_ADDRESS, members: [0] },
  ],
};

const offered = (inventory = INVENTORY, protocol = PROTOCOLS[0] ?? 0): ArrivalEvent => ({
  type: "offered",
  protocol,
  inventory,
});
const received = (descriptor: number): ArrivalEvent => ({ type: "listener-received", descriptor });
const TICK: ArrivalEvent = { type: "tick" };
const END: ArrivalEvent = { type: "predecessor-ended" };

function after(events: readonly ArrivalEvent[], nowMs = START_MS): Arrival {
  let arrival = beginArrival(START_MS);
  for (const event of events) arrival = arrive(arrival, event, nowMs);
  return arrival;
}

const ALL = [offered(), received(10), received(11), received(12)];

test("the listeners are those of the offer, in the order of its groups", () => {
  expect(after(ALL)).toEqual({
    name: "complete",
    listeners: [
      { address: ADDRESS, worker: 1, descriptor: 10 },
      { address: ADDRESS, worker: 0, descriptor: 11 },
      { address: OTHER_ADDRESS, worker: 0, descriptor: 12 },
    ],
  });
});

const FAILING: Record<string, [events: ArrivalEvent[], nowMs?: number]> = {
  "nothing is offered in time": [[TICK], DEADLINE_MS],
  "a listener is missing at the deadline": [[offered(), received(10), TICK], DEADLINE_MS],
  "the predecessor ends before it has offered": [[END]],
  "the predecessor ends before all listeners are here": [[offered(), received(10), END]],
  "the offer is in a protocol that was not asked for": [[offered(INVENTORY, 98)]],
};

describe("it has failed when", () => {
  for (const [what, [events, nowMs]] of Object.entries(FAILING)) {
    test(what, () => {
      const reason = "the old master did not offer its listeners";
      expect(after(events, nowMs)).toEqual({ name: "failed", reason });
    });
  }
});

const WAITING: Record<string, [events: ArrivalEvent[], name: Arrival["name"], nowMs?: number]> = {
  "for the offer, up to the deadline": [[TICK], "waiting", DEADLINE_MS - 1],
  "for the offer, whatever listener comes before it": [[received(10)], "waiting"],
  "for each listener": [[offered(), received(10), received(11)], "receiving"],
  "for no listener where there is none": [[offered({ ...INVENTORY, groups: [] })], "complete"],
};

describe("it waits", () => {
  for (const [what, [events, name, nowMs]] of Object.entries(WAITING)) {
    test(what, () => {
      expect(after(events, nowMs).name).toBe(name);
    });
  }
});

test("what has arrived, or failed, stays as it is", () => {
  for (const over of [after(ALL), after([END])]) {
    for (const event of [TICK, END, offered(), received(13)]) {
      expect(arrive(over, event, DEADLINE_MS)).toBe(over);
    }
  }
});
