// The kernel shares an address among the listeners of all workers. It steers: it sends each
// connection where a program says. Where it refuses programs from the start, as in a sandbox, all
// workers share one socket, and the master does what the kernel would. Where it refuses one later,
// reloads take the careful path: listeners are made quiet, linger, and are released one by one.

import { message } from "../messages.ts";
import { quietUntilMs, releaseListener } from "../moves/listeners.ts";
import { steerGroups } from "../moves/programs.ts";
import {
  addressesOf,
  groupsAreFrozen,
  hasServer,
  isInGap,
  isRefused,
  isSteered,
  isShuttingDown,
  keptGeneration,
  servingGeneration,
  takesConnections,
} from "../predicates.ts";
import type { Phase, State, Worker } from "../state.ts";
import type { Turn } from "../turn.ts";
import type { Sharing } from "./sharing.ts";

/**
 * Without steering there is no program: from now on reloads take the careful path. A program that
 * was in force is removed, because after the next change it would name the wrong listeners.
 */
export function onSteeringRefused(turn: Turn, reason: string): void {
  if (!isSteered(turn.state)) return;
  turn.log("warn", "steering-refused", message.steeringRefused(reason), { reason });
  turn.set({ sharing: { name: "kernel", steering: "refused", refusedAtMs: turn.now } });
  for (const [address, group] of turn.state.groups) {
    if (group.program === undefined) continue;
    turn.putGroup(address, { ...group, program: undefined });
    turn.emit({ type: "steer", address, program: undefined });
  }
}

/**
 * If the kernel refuses only for the moment, for example because memory is short, it may accept
 * later. So it is asked again at each reload, at a moment when every member of its groups takes
 * connections and the probe changes nothing.
 */
function askForSteering(turn: Turn): void {
  const { state } = turn;
  if (!isRefused(state) || !hasServer(state) || groupsAreFrozen(state)) return;
  const takes = (id: number): boolean => {
    const worker = state.workers.get(id);
    return worker !== undefined && takesConnections(state, worker);
  };
  const groups = [...state.groups];
  if (!groups.every(([, { members }]) => members.every(takes))) return;
  for (const [address, { members }] of groups.slice(0, 1)) {
    turn.emit({ type: "probe-steering", address, program: [...members.keys()] });
  }
}

/** From now on programs are put in force again, wherever they are needed. */
export function onSteeringWorks(turn: Turn): void {
  if (!isRefused(turn.state)) return;
  turn.log("info", "steering-works", message.steeringWorks);
  turn.set({ sharing: { name: "kernel", steering: "kernel" } });
}

/**
 * Whether other listeners can get the connections that would come to a worker's listener on
 * `address`: those of the workers that serve, or, if all have crashed, of their replacements. Those
 * of the generation that serves are replaced there, wherever a newer one listens that has a share.
 */
function canSteerAway(state: State, { generation }: Worker, address: string): boolean {
  if (isRefused(state) || isShuttingDown(state) || isInGap(state)) return false;
  const serving = servingGeneration(state)?.number;
  if (serving === undefined) return true;
  const others = [...state.workers.values()].filter(
    (worker) =>
      takesConnections(state, worker) &&
      (generation !== serving || worker.generation === generation),
  );
  return others.length === 0 || others.some(({ listeners }) => listeners.has(address));
}

const ENDING: ReadonlySet<Phase["name"]> = new Set(["stopping", "orphaned"]);

/**
 * Makes the listeners of draining workers leave step by step, where there is nobody to steer to, or
 * no steering. Not while a successor has listeners in the groups too.
 */
function moveListeners(turn: Turn): void {
  if (groupsAreFrozen(turn.state)) return;
  for (const worker of turn.state.workers.values()) {
    const isDraining = worker.phase.name === "draining";
    // A worker that was asked to end, or has lost its master, accepts no connections, so its
    // listener must not take any either.
    if (!isDraining && !ENDING.has(worker.phase.name)) continue;
    for (const [address, listener] of worker.listeners) {
      if (listener.name === "open" && !canSteerAway(turn.state, worker, address)) {
        turn.putListener(worker.id, address, { name: "quiet", releaseAtMs: quietUntilMs(turn) });
        const kept = isInGap(turn.state) ? ({ isKept: true } as const) : {};
        turn.emit({ type: "quiet-listener", worker: worker.id, address, ...kept });
      } else if (isDraining && listener.name === "quiet" && turn.now >= listener.releaseAtMs) {
        releaseListener(turn, worker.id, address, { name: "releasing" });
      }
    }
  }
}

/** When quiet listeners can be released: by then their whole queue has been accepted. */
function deadlines({ workers }: State): number[] {
  const draining = [...workers.values()].filter(({ phase }) => phase.name === "draining");
  return draining.flatMap(({ listeners }) =>
    [...listeners.values()].flatMap((it) => (it.name === "quiet" ? [it.releaseAtMs] : [])),
  );
}

export const kernel: Sharing = {
  oneWorkerOnly: undefined,
  oneServerOnly: undefined,
  hasLinks: true,
  bindsAgain: false,
  addresses: (state) => (state.serving === undefined ? [] : addressesOf(state, state.serving)),
  generationToFill: keptGeneration,
  nextToBind: ({ workers }) =>
    [...workers.values()].find(
      ({ phase, listeners }) => phase.name === "binding" && listeners.size === 0,
    ),
  isAwaited: () => false,
  onRolloutBegins: askForSteering,
  // The programs are pinned before, so no connection comes to the new listener.
  onBindGranted: steerGroups,
  onBindFailed: () => false,
  moveListeners,
  settle: steerGroups,
  deadlines,
  // `moveListeners` does what is due for listeners.
  expire: () => undefined,
};
