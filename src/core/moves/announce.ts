// Says where the server listens, whenever that has changed.

import { urlOf } from "../address-name.ts";
import { message } from "../messages.ts";
import { addressesOf } from "../predicates.ts";
import type { Generation } from "../state.ts";
import type { Turn } from "../turn.ts";

/** @param before the addresses until now, and `wasSecure`: how they were served */
export function announce(
  turn: Turn,
  before: readonly string[],
  { number, settings }: Generation,
  wasSecure: boolean,
): void {
  const addresses = addressesOf(turn.state, number);
  const isSecure = settings.isSecure === true;
  if (addresses.join() === before.join() && isSecure === wasSecure) return;
  turn.set({ announced: addresses });
  for (const address of addresses) {
    const url = urlOf(address, isSecure);
    turn.log("info", "listening", message.listening(url), { address, url });
  }
}
