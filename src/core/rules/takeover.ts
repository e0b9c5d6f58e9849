// Taking the server over from another master: the rules of the new one. How that goes stands in
// handover.ts.

import type { Program } from "../moves/accept-group.ts";
import type { Settings } from "../settings.ts";
import { initialState, type Estate, type State, type Worker } from "../state.ts";
import { tellServing } from "../moves/generations.ts";
import { servingGeneration } from "../predicates.ts";
import type { Turn } from "../turn.ts";
import { orphanWorker } from "../moves/workers.ts";

/**
 * The program of a group that another master steers: like none, so that the next one is put in
 * force.
 */
const UNKNOWN: Program = [];

/**
 * A master that takes over: the first `tick` begins its first generation, over the one that serves.
 */
export function inheritedState(settings: Settings, estate: Estate): State {
  const { generation, nextGeneration, nextWorker, steering, workers, groups } = estate;
  const role = "serving";
  const program = steering === "kernel" ? UNKNOWN : undefined;
  const target = workers.length;
  const inherited = {
    number: generation,
    settings,
    role,
    target,
    replaces: undefined,
    open: false,
  };
  return {
    ...initialState(settings),
    serving: generation,
    generations: new Map([[generation, { ...inherited, role }]]),
    workers: new Map(workers.map(({ worker, slot }) => [worker, inheritedWorker(worker, slot)])),
    groups: new Map(groups.map(({ address, members }) => [address, { members, program }])),
    nextGeneration,
    nextWorker,
    steering,
    takeover: "pending",
  };

  function inheritedWorker(id: number, slot: number): Worker {
    const addresses = groups.filter(({ members }) => members.includes(id));
    const listeners = new Map(addresses.map(({ address }) => [address, { name: "open" } as const]));
    return { id, generation, slot, phase: { name: "ready" }, listeners };
  }
}

/** Asks the old master for the server, once. Whether this one has it already. */
export function hasServer(turn: Turn): boolean {
  if (turn.state.takeover === "pending") {
    turn.set({ takeover: "claimed" });
    turn.emit({ type: "claim" });
  }
  return turn.state.takeover === "none";
}

/** The server is this master's. @param ended workers of the old one that have crashed meanwhile */
export function onTakeoverGranted(
  turn: Turn,
  reloadWantedBy: string | undefined,
  ended: readonly number[],
): void {
  if (turn.state.takeover === "failed") return;
  for (const id of ended) if (turn.state.workers.has(id)) turn.setPhase(id, { name: "exited" });
  const wanted = turn.state.reloadWantedBy ?? reloadWantedBy;
  turn.set({ takeover: "none", reloadWantedBy: wanted });
  turn.emit({ type: "taken-over", addresses: [...turn.state.groups.keys()] });
  const serving = servingGeneration(turn.state);
  if (serving === undefined) return;
  turn.emit({ type: "use-config", generation: serving.number });
  tellServing(turn, serving);
}

/**
 * The old master has died, as by `kill -9`. Its workers take nothing new, finish what they have and
 * end: no crash. If it had not granted yet, this is a start now, with nothing to fall back to.
 */
export function onPredecessorEnded(turn: Turn, workers: readonly number[]): void {
  const { takeover, serving } = turn.state;
  if (takeover === "failed") return;
  for (const id of workers) {
    const worker = turn.state.workers.get(id);
    if (worker !== undefined) orphanWorker(turn, worker);
  }
  if (takeover === "none" || serving === undefined) return;
  turn.putGeneration({ ...turn.generation(serving), role: "leaving" });
  turn.set({ serving: undefined });
  onTakeoverGranted(turn, undefined, []);
}
