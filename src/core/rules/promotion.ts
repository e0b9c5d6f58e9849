// The new generation becomes the serving one: it gets all new connections, its configuration is in
// force, and the old one drains. When it may is decided here, too.
import { claimServer } from "./takeover.ts";
import { urlOf } from "../address-name.ts";
import { message } from "../messages.ts";
import { tellSteered } from "../moves/answers.ts";
import { drainGeneration, tellServing } from "../moves/generations.ts";
import { addressesOf } from "../predicates.ts";
import { sharingOf } from "../sharing/sharing-of.ts";
import type { Generation } from "../state.ts";
import type { Turn } from "../turn.ts";

/** Makes the new generation the serving one when every slot of it is ready. */
export function completeRollout(turn: Turn): void {
  const { rollout } = turn.state;
  if (rollout.name !== "filling") return;
  const generation = turn.generation(rollout.generation);
  const workers = turn.workersOf(generation.number);
  const ready = workers.filter((worker) => worker.phase.name === "ready").length;
  if (ready >= generation.target && claimServer(turn)) promote(turn, generation);
}

function promote(turn: Turn, generation: Generation): void {
  const { serving } = turn.state;
  const sharing = sharingOf(turn.state);
  const before = sharing.addresses(turn.state);
  const wasSecure = turn.state.settings.isSecure === true;
  turn.putGeneration({ ...generation, role: "serving" });
  turn.set({
    rollout: { name: "none" },
    serving: generation.number,
    settings: generation.settings,
    // What an old version did does not count against the new one.
    ...(serving === undefined ? {} : { respawn: { crashesMs: [], notBeforeMs: 0 } }),
  });
  // Logged only now, when it is true: readers of the log connect at once, and every worker should
  // get its share.
  sharing.settle(turn);
  turn.emit({ type: "use-config", generation: generation.number });
  if (serving === undefined) tellServing(turn, generation);
  announce(turn, before, generation, wasSecure);
  if (generation.open) tellSteered(turn, generation.number);
  if (serving !== undefined) drainGeneration(turn, serving);
}

/** @param before the addresses until now, and `wasSecure`: how they were served */
function announce(
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
