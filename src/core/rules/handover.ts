// Handing the server over to a new master: how that goes, and the rules of the old one. Those of
// the new one are in takeover.ts.
//
// The old master asks its shell to start the binary on disk (`hand-over`) at a moment when all its
// workers are ready and nothing is under way. From then on it keeps its accept groups as they are:
// no listener is added, none is closed, nobody is spawned, and the programs stay pinned. So the new
// master, which has been given all listeners in the order of the kernel's array, knows the order as
// well when it appends its own. They come last: whatever becomes of them, no listener of the old
// master moves.
//
// The new master begins with the old workers as the generation that serves, and its own as a
// rollout over it. Until it is granted the server it touches no program. When its workers are ready
// it claims; the old master grants, tells which workers have ended meanwhile, and decides nothing
// any more: it passes on what the new master says to the old workers, and what they say. From there
// on it is a reload like any other. If the new master fails before it claims, all its processes
// end, and the old one goes on. If the old one dies, the new one has the server, however far it is.
//
// A worker that crashes meanwhile is replaced after the handover; when none is left that serves,
// the old master does not wait to see what comes of the new one: it ends it at once.

import { message, refusal } from "../messages.ts";
import { isDrainCommanded, isStopping, servingGeneration } from "../predicates.ts";
import { steerGroups } from "../moves/programs.ts";
import type { Inventory, State, Worker } from "../state.ts";
import type { Turn } from "../turn.ts";

/** A USR2: a flag, as a HUP is. */
export function onHandoverRequested(turn: Turn, by: string): void {
  const { state } = turn;
  if (isStopping(state)) {
    turn.log("warn", "handover-ignored", message.handoverWhileStopping(by), { by });
    return;
  }
  if (isDrainCommanded(state)) {
    const reason = refusal.drainCommanded;
    turn.log("warn", "handover-refused", message.handoverRefused(by, reason), { by, reason });
    return;
  }
  if (state.succession.name !== "none") {
    turn.log("warn", "handover-ignored", message.handoverUnderWay(by), { by });
    return;
  }
  turn.set({ succession: { name: "wanted", by, told: false } });
}

/** Begins the handover that was asked for, once every worker is ready and nothing is under way. */
export function beginHandover(turn: Turn): void {
  const { succession } = turn.state;
  if (succession.name !== "wanted") return;
  const { by } = succession;
  if (!isSettled(turn.state)) {
    if (!succession.told) turn.log("info", "handover-queued", message.handoverQueued(by), { by });
    turn.set({ succession: { ...succession, told: true } });
    return;
  }
  turn.log("info", "handover-started", message.handoverReceived(by), { by });
  const generation = turn.state.nextGeneration;
  turn.set({ succession: { name: "offered", generation }, nextGeneration: generation + 1 });
  // The programs are pinned before there is anybody to keep connections from.
  steerGroups(turn);
  turn.emit({ type: "hand-over" });
}

/**
 * Every slot has a ready worker of the generation that serves, nobody else is there, all is told.
 */
function isSettled(state: State): boolean {
  const { rollout, bindLock, reloadWantedBy } = state;
  const serving = servingGeneration(state);
  if (serving === undefined || rollout.name !== "none") return false;
  if (bindLock !== undefined || reloadWantedBy !== undefined) return false;
  if (isDrainCommanded(state)) return false;
  const workers = [...state.workers.values()];
  const fills = ({ phase, generation, slot }: Worker): boolean =>
    phase.name === "ready" && generation === serving.number && slot < serving.target;
  const hasEnded = [...state.generations.values()].every(({ open }) => !open);
  return hasEnded && workers.length === serving.target && workers.every(fills);
}

/** The new master is ready to serve. From the grant on this one decides nothing. */
export function onHandoverClaimed(turn: Turn): void {
  if (turn.state.succession.name !== "offered") return;
  turn.set({ succession: { name: "granted" } });
  turn.emit({ type: "grant" });
}

/** The new master and all its processes are gone, and their listeners with them. */
export function onHandoverFailed(turn: Turn, reason: string, nextWorker: number): void {
  const { succession } = turn.state;
  if (succession.name !== "offered" && succession.name !== "aborting") return;
  const unused = Math.max(nextWorker, turn.state.nextWorker);
  turn.set({ succession: { name: "none" }, nextWorker: unused });
  if (isStopping(turn.state)) return;
  turn.log("error", "handover-failed", reason);
  turn.log("error", "handover-failed", message.handoverFailed);
}

/**
 * Gives a handover up when its last ready worker has gone: only when the new master has ended can
 * the accept groups change, and somebody serve again.
 */
export function giveUpHandover(turn: Turn): void {
  const { workers, serving, succession } = turn.state;
  if (succession.name !== "offered") return;
  const serves = ({ phase, generation }: Worker): boolean =>
    phase.name === "ready" && generation === serving;
  if ([...workers.values()].some(serves)) return;
  turn.set({ succession: { name: "aborting" } });
  turn.emit({ type: "abort-handover", reason: message.nobodyServes, atOnce: true });
}

/** A server that stops hands nothing over. The new master is ended; until then the groups stay. */
export function abortHandover(turn: Turn): void {
  switch (turn.state.succession.name) {
    case "wanted":
      turn.set({ succession: { name: "none" } });
      return;
    case "offered":
      turn.set({ succession: { name: "aborting" } });
      turn.emit({ type: "abort-handover", reason: "the server stops", atOnce: false });
      return;
    case "none":
    case "aborting":
    case "granted":
    case "pending":
    case "claimed":
    case "failed":
      return;
    default:
      turn.state.succession satisfies never;
  }
}

/** What the new master is told when a handover has just begun. */
export function inventoryOf(state: State): Inventory {
  const { serving, succession, nextWorker, sharing } = state;
  if (serving === undefined || succession.name !== "offered") throw new Error("nothing is offered");
  if (sharing.name !== "kernel") throw new Error("no two masters share an address");
  return {
    generation: serving,
    nextGeneration: succession.generation,
    nextWorker,
    steering: sharing.steering,
    workers: [...state.workers.values()].map(({ id, slot }) => ({ worker: id, slot })),
    groups: [...state.groups].map(([address, { members }]) => ({ address, members })),
  };
}
