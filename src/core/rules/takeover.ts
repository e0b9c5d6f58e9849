// Taking the server over from another master: the rules of the new one. handover.ts explains how it
// works.

import type { Inventory } from "../inventory.ts";
import type { Settings } from "../settings.ts";
import { type Generation, initialState, type State, type Worker } from "../state.ts";
import type { EventOf } from "../events.ts";
import { message } from "../messages.ts";
import { tellServing } from "../moves/generations.ts";
import { hasServer, isAlive, servingGeneration } from "../predicates.ts";
import type { Turn } from "../turn.ts";
import { awaitLease, takeLeadership } from "./leader.ts";
import { orphanWorker } from "../moves/workers.ts";

/** A master that takes over: the first `tick` starts its first generation, over the serving one. */
export function successorState(settings: Settings, version: string, inventory: Inventory): State {
  const { generation, nextGeneration, nextWorker, steering, workers, groups } = inventory;
  const program = steering === "kernel" ? "unknown" : undefined;
  const taken: Generation = {
    number: generation,
    settings,
    role: "serving",
    target: workers.length,
    replaces: undefined,
    open: false,
    isForeign: true,
  };
  return {
    ...initialState(settings, version),
    serving: generation,
    generations: new Map([[generation, taken]]),
    workers: new Map(workers.map((it) => [it.worker, takenWorker(it)])),
    groups: new Map(groups.map(({ address, members }) => [address, { members, program }])),
    nextGeneration,
    nextWorker,
    sharing: { name: "kernel", steering },
    succession: { name: "pending" },
  };

  function takenWorker({ worker: id, slot, wantsLead }: Inventory["workers"][number]): Worker {
    const addresses = groups.filter(({ members }) => members.includes(id));
    const listeners = new Map(addresses.map(({ address }) => [address, { name: "open" } as const]));
    const phase = { name: "ready" } as const;
    return { id, generation, slot, phase, listeners, ...(wantsLead && { wantsLead }) };
  }
}

/** Asks the predecessor for the server, once. Returns whether this master already has it. */
export function claimServer(turn: Turn): boolean {
  if (turn.state.succession.name === "pending") {
    turn.set({ succession: { name: "claimed" } });
    turn.emit({ type: "claim" });
  }
  return hasServer(turn.state);
}

/** The server now belongs to this master. */
export function onTakeoverGranted(
  turn: Turn,
  { reload, ended, full = [], stalled = [], leadership }: Omit<EventOf<"takeover-granted">, "type">,
): void {
  if (turn.state.succession.name === "failed") return;
  noteEnded(turn, ended);
  note(turn, full, { isFull: true });
  // Nobody tells when they get on again. Until they drain, others get what comes.
  note(turn, stalled, { isStalled: true });
  if (leadership !== undefined) takeLeadership(turn, leadership);
  const wanted = turn.state.reloadWantedBy ?? reload;
  turn.set({ succession: { name: "none" }, reloadWantedBy: wanted });
  turn.emit({ type: "taken-over", addresses: [...turn.state.groups.keys()] });
  const serving = servingGeneration(turn.state);
  if (serving === undefined) return;
  turn.emit({ type: "use-config", generation: serving.number });
  // With the grant, this very step steers to the new generation, unless a worker of it has failed.
  const { rollout } = turn.state;
  tellServing(turn, rollout.name === "filling" ? turn.generation(rollout.generation) : serving);
}

/**
 * The predecessor has ended. If workers of it are left, as after `kill -9`, they take nothing new,
 * finish their requests and end; that is not a crash. If it had not granted yet, this becomes a
 * start, with nothing to fall back to.
 */
export function onPredecessorEnded(
  turn: Turn,
  { pid, workers, ended }: EventOf<"predecessor-ended">,
): void {
  const { succession, serving } = turn.state;
  if (succession.name === "failed") return;
  noteEnded(turn, ended);
  const left = workers.flatMap((id) => turn.state.workers.get(id) ?? []).filter(isAlive);
  if (left.length > 0) {
    turn.log("warn", "predecessor-ended", message.predecessorEnded(pid), { pid });
  }
  for (const worker of left) orphanWorker(turn, worker);
  if (hasServer(turn.state) || serving === undefined) return;
  turn.putGeneration({ ...turn.generation(serving), role: "leaving" });
  turn.set({ serving: undefined });
  awaitLease(turn, turn.workersOf(serving));
  onTakeoverGranted(turn, { reload: undefined, ended: [] });
}

/** They serve on if a new worker was lost since this master has claimed. */
function note(
  turn: Turn,
  workers: readonly number[],
  what: Pick<Worker, "isFull" | "isStalled">,
): void {
  for (const id of workers) {
    const worker = turn.state.workers.get(id);
    if (worker !== undefined) turn.putWorker({ ...worker, ...what });
  }
}

/**
 * Workers of the predecessor that have ended, because it said so, or because it never offered them.
 */
function noteEnded(turn: Turn, workers: readonly number[]): void {
  for (const id of workers) if (turn.state.workers.has(id)) turn.setPhase(id, { name: "exited" });
}
