// What a successor waits for before it can decide about a server: the offer, then a duplicate of
// each listener that the offer names, in the order of its groups. This is a state machine of its
// own, because the state of the control loop starts from what has arrived.

import { PROTOCOLS } from "./handover-protocol.ts";
import type { Inventory } from "./inventory.ts";

/** How long all of it may take: the predecessor has it ready. */
export const OFFER_TIMEOUT_MS = 10_000;

/** A listener of the predecessor: which worker it belongs to, and this process's duplicate. */
interface OfferedListener {
  readonly address: string;
  readonly worker: number;
  readonly descriptor: number;
}

export type Arrival =
  /** Hello has been sent. */
  | { readonly name: "waiting"; readonly deadlineMs: number }
  | {
      readonly name: "receiving";
      readonly listeners: readonly OfferedListener[];
      readonly missing: readonly Omit<OfferedListener, "descriptor">[];
      readonly deadlineMs: number;
    }
  | { readonly name: "complete"; readonly listeners: readonly OfferedListener[] }
  | { readonly name: "failed"; readonly reason: string };

export type ArrivalEvent =
  | { readonly type: "tick" }
  | { readonly type: "offered"; readonly protocol: number; readonly inventory: Inventory }
  | { readonly type: "listener-received"; readonly descriptor: number }
  | { readonly type: "predecessor-ended" };

const NOT_OFFERED: Arrival = {
  name: "failed",
  reason: "the old master did not offer its listeners",
};

/** @param now milliseconds on a clock that never goes back */
export function beginArrival(now: number): Arrival {
  return { name: "waiting", deadlineMs: now + OFFER_TIMEOUT_MS };
}

/** Once all has arrived, or nothing will, further events change nothing. */
export function arrive(arrival: Arrival, event: ArrivalEvent, now: number): Arrival {
  if (arrival.name === "complete" || arrival.name === "failed") return arrival;
  const { deadlineMs } = arrival;
  switch (event.type) {
    case "tick":
      return now < deadlineMs ? arrival : NOT_OFFERED;
    case "offered": {
      if (arrival.name !== "waiting") return arrival;
      if (!PROTOCOLS.includes(event.protocol)) return NOT_OFFERED;
      const missing = event.inventory.groups.flatMap(({ address, members }) =>
        members.map((worker) => ({ address, worker })),
      );
      return receive([], missing, deadlineMs);
    }
    case "listener-received": {
      if (arrival.name !== "receiving") return arrival;
      const [next, ...missing] = arrival.missing;
      if (next === undefined) return arrival;
      const { descriptor } = event;
      return receive([...arrival.listeners, { ...next, descriptor }], missing, deadlineMs);
    }
    case "predecessor-ended":
      return NOT_OFFERED;
    default:
      return event satisfies never;
  }
}

function receive(
  listeners: readonly OfferedListener[],
  missing: readonly Omit<OfferedListener, "descriptor">[],
  deadlineMs: number,
): Arrival {
  if (missing.length === 0) return { name: "complete", listeners };
  return { name: "receiving", listeners, missing, deadlineMs };
}
