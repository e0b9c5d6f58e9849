// Handing the server over to a new master: how it works, and the rules of the old master, the
// predecessor. Those of the new one, its successor, are in takeover.ts; handover-end.ts ends a
// successor that has failed.
//
// The predecessor starts the binary on disk when all its workers are ready and nothing else is in
// progress. The successor says hello with the protocols that it speaks, and is offered the server:
// an inventory, and a duplicate of every listener in the order of the kernel's array.
//
// Once the successor is started, the predecessor keeps its accept groups as they are: it adds and
// closes no listener, spawns no worker, and pins the programs. So the successor knows the order of
// the array when it appends its own listeners. They come last: whatever happens to them, no
// listener of the predecessor moves.
//
// The successor starts with the old workers as the serving generation, and its own workers as a
// rollout over it. Until it is granted the server it touches no program. When its workers are ready
// it claims. The predecessor grants, says which workers have ended in the meantime, and decides
// nothing any more: it relays messages between the successor and the old workers. From there on it
// is a reload like any other. If the successor fails before it claims, all its processes end, and
// the predecessor goes on. If the predecessor dies, the successor has the server, however far it
// has come.

import type { Supervision } from "../events.ts";
import { message } from "../messages.ts";
import { commonProtocol } from "../handover-protocol.ts";
import {
  canGrow,
  isAlive,
  isDrainCommanded,
  isRefused,
  isStopping,
  servingGeneration,
} from "../predicates.ts";
import { steerGroups } from "../moves/programs.ts";
import type { Inventory } from "../inventory.ts";
import type { State, Worker } from "../state.ts";
import type { Turn } from "../turn.ts";
import { leadershipOf } from "./leader.ts";
import { abort, claimTimeoutMs } from "./handover-end.ts";
import { handoverRefusal } from "./handover-refusal.ts";

/** A USR2 is a flag, like a HUP. */
export function onHandoverRequested(turn: Turn, by: string, supervision: Supervision): void {
  const { state } = turn;
  const reason = handoverRefusal(supervision, state);
  if (reason !== undefined) {
    turn.log("warn", "handover-refused", message.refused(by, reason), { by, reason });
    return;
  }
  if (isStopping(state)) {
    turn.log("warn", "handover-ignored", message.handoverWhileStopping(by), { by });
    return;
  }
  if (state.succession.name !== "none") {
    turn.log("warn", "handover-ignored", message.handoverUnderWay(by), { by });
    return;
  }
  turn.set({ succession: { name: "wanted", by } });
}

/** Starts the requested handover once every worker is ready and nothing else is in progress. */
export function beginHandover(turn: Turn): void {
  const { succession, nextGeneration, settings } = turn.state;
  if (succession.name !== "wanted") return;
  const { by } = succession;
  if (!isSettled(turn.state)) {
    const isNew = turn.before.succession.name !== "wanted";
    if (isNew) turn.log("info", "handover-queued", message.handoverQueued(by), { by });
    return;
  }
  turn.log("info", "handover-started", message.handoverReceived(by), { by });
  turn.set({
    succession: {
      name: "starting",
      pid: undefined,
      generation: nextGeneration,
      deadlineMs: turn.now + settings.startupTimeoutMs,
    },
    nextGeneration: nextGeneration + 1,
  });
  // The programs are pinned before there is a listener to keep connections from.
  steerGroups(turn);
  turn.emit({ type: "start-successor" });
}

/**
 * Every slot has a ready worker of the serving generation, there are no other workers, and
 * everything is logged.
 */
function isSettled(state: State): boolean {
  const { rollout, bindLock, reloadWantedBy } = state;
  const serving = servingGeneration(state);
  if (serving === undefined || rollout.name !== "none") return false;
  if (bindLock !== undefined || reloadWantedBy !== undefined) return false;
  if (isDrainCommanded(state)) return false;
  const workers = [...state.workers.values()];
  const fills = ({ phase, generation, slot }: Worker): boolean =>
    phase.name === "ready" &&
    generation === serving.number &&
    (slot < serving.target || !canGrow(serving));
  const hasEnded = [...state.generations.values()].every(({ open }) => !open);
  // Slots that cannot be filled are no reason to wait: the successor fills its own.
  const isShort = !canGrow(serving) && workers.length > 0;
  return hasEnded && (workers.length === serving.target || isShort) && workers.every(fills);
}

export function onSuccessorStarted(turn: Turn, pid: number): void {
  const { succession } = turn.state;
  if (succession.name === "starting") turn.set({ succession: { ...succession, pid } });
}

/** The successor is offered the server, if the two understand each other. */
export function onSuccessorSaidHello(turn: Turn, theirs: readonly number[]): void {
  const { succession, settings } = turn.state;
  if (succession.name !== "starting" || succession.pid === undefined) return;
  const { pid, generation } = succession;
  const protocol = commonProtocol(theirs);
  // It waits for an offer, and has nothing yet that it would have to give back.
  if (protocol === undefined) return abort(turn, message.otherProtocol(pid, theirs), "killed");
  const deadlineMs = turn.now + claimTimeoutMs(settings);
  turn.set({ succession: { name: "offered", pid, deadlineMs } });
  turn.emit({ type: "offer", protocol, inventory: inventoryOf(turn.state, generation) });
}

/** @param nextGeneration the first number that the successor may use */
function inventoryOf(state: State, nextGeneration: number): Inventory {
  const { serving, nextWorker, workers, groups } = state;
  if (serving === undefined) throw new Error("nothing serves that could be offered");
  return {
    generation: serving,
    nextGeneration,
    nextWorker,
    steering: isRefused(state) ? "refused" : "kernel",
    workers: [...workers.values()].map(({ id: worker, slot, wantsLead }) =>
      wantsLead === true ? { worker, slot, wantsLead } : { worker, slot },
    ),
    groups: [...groups].map(([address, { members }]) => ({ address, members })),
  };
}

/** The successor has used a number for a worker: if it fails, nobody may use that number again. */
export function onSuccessorSpawned(turn: Turn, number: number): void {
  turn.set({ nextWorker: Math.max(turn.state.nextWorker, number + 1) });
}

/** The successor is ready to serve. From the grant on this master decides nothing. */
export function onSuccessorClaimed(turn: Turn): void {
  const { succession, workers, reloadWantedBy } = turn.state;
  if (succession.name !== "offered") return;
  const { pid } = succession;
  const all = [...workers.values()];
  const ended = all.filter((worker) => !isAlive(worker)).map(({ id }) => id);
  const alive = all.filter(isAlive);
  const full = alive.filter(({ isFull }) => isFull === true).map(({ id }) => id);
  const stalled = alive.filter(({ isStalled }) => isStalled === true).map(({ id }) => id);
  turn.set({ succession: { name: "granted", pid } });
  const leadership = leadershipOf(turn.state);
  turn.emit({
    type: "grant",
    ended,
    ...(full.length > 0 && { full }),
    ...(stalled.length > 0 && { stalled }),
    reload: reloadWantedBy,
    ...(leadership && { leadership }),
  });
  turn.log("info", "handed-over", message.handedOver(pid), { pid });
}
