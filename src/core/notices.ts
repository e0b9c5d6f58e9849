// What a service manager such as systemd hears from us, in the lines of sd_notify(3): what the
// server is doing, one line for people, and how much longer that may take.

import {
  isAlive,
  isStarting,
  phaseOf,
  readyOf,
  type ServerPhase,
  servingGeneration,
} from "./predicates.ts";
import { KILL_GRACE_MS } from "./settings.ts";
import type { State } from "./state.ts";

/** What has been sent so far. */
export interface Notified {
  readonly phase: ServerPhase;
  /** The generation of the current rollout. */
  readonly rollout: number | undefined;
  /** The generation that was rejected, until the next reload. */
  readonly rejected: number | undefined;
  readonly status: string;
}

export const NOTHING_NOTIFIED: Notified = {
  phase: "starting",
  rollout: undefined,
  rejected: undefined,
  status: "",
};

interface Notices {
  readonly notified: Notified;
  /**
   * The messages, to be sent in this order. They are not merged, so that the lines that end one
   * reload stay apart from those that start the next.
   */
  readonly messages: readonly string[];
}

/**
 * How long a worker that is killed at its deadline takes to end: two graces, if the kill is
 * repeated.
 */
const MARGIN_MS = 2 * KILL_GRACE_MS;

/**
 * What to send, now that the state is this one. A reload lasts until the old generation has gone,
 * or the new one is rejected.
 * @param monotonicUsec now, in microseconds on CLOCK_MONOTONIC, by which systemd tells reloads
 *   apart
 */
export function notices(notified: Notified, state: State, monotonicUsec: bigint): Notices {
  const phase = phaseOf(state);
  const rollout = state.rollout.name === "none" ? undefined : state.rollout.generation;
  const rejected = rejectedNow(notified, state, rollout);
  const status = statusOf(state, phase, rejected);
  const next: Notified = { phase, rollout, rejected, status };
  const messages: string[] = [];
  const hasChanged = phase !== notified.phase;
  if (hasChanged && phase === "stopping") messages.push("STOPPING=1");
  // A reload that was requested during the start begins at the moment the start has ended.
  const isReady = phase === "serving" || (phase === "reloading" && notified.phase === "starting");
  if (hasChanged && isReady) messages.push("READY=1");
  const begins = hasChanged || (rollout !== undefined && rollout !== notified.rollout);
  if (phase === "reloading" && begins) {
    messages.push(`RELOADING=1\nMONOTONIC_USEC=${monotonicUsec}`);
  }
  if (status !== notified.status) messages.push(`${messages.pop() ?? ""}\nSTATUS=${status}`.trim());
  return { notified: next, messages };
}

/** Which generation was rejected: the last rollout has ended, and an older one serves. */
function rejectedNow(
  notified: Notified,
  state: State,
  rollout: number | undefined,
): number | undefined {
  const { serving } = state;
  if (rollout !== undefined || serving === undefined) return undefined;
  const wasRejected = notified.rollout !== undefined && notified.rollout > serving;
  return wasRejected ? notified.rollout : notified.rejected;
}

function statusOf(state: State, phase: ServerPhase, rejected: number | undefined): string {
  const { rollout } = state;
  switch (phase) {
    case "starting":
    case "reloading": {
      if (rollout.name === "none") return servingStatus(state);
      const doing = phase === "starting" ? "Starting" : "Reloading";
      const how = rollout.name === "filling" ? "is starting its workers" : "is loading";
      return `${doing}: generation ${rollout.generation} ${how}`;
    }
    case "serving":
      return rejected === undefined
        ? servingStatus(state)
        : `Reload failed: generation ${rejected} was rejected; ` +
            `generation ${state.serving} keeps serving`;
    case "stopping":
      return stoppingStatus(state);
    default:
      return phase satisfies never;
  }
}

function servingStatus(state: State): string {
  const generation = servingGeneration(state);
  if (generation === undefined) return "Starting";
  const { number, target } = generation;
  const ready = readyOf(state, number);
  const draining = [...state.workers.values()].filter(
    (worker) => isAlive(worker) && !isStarting(worker) && worker.phase.name !== "ready",
  ).length;
  const share = ready < target ? `${ready} of ${count(target)}` : count(ready);
  const older = draining === 0 ? "" : `; ${drains(draining)}`;
  return `Serving with ${share} on generation ${number}${older}`;
}

function stoppingStatus({ stop, workers, exitCode }: State): string {
  if (exitCode !== 0) return "Start failed";
  if (stop.name === "announced") {
    return "Stopping: health checks get 503, still serving for shutdown_delay";
  }
  if (stop.name === "waiting") return "Stopping: waiting for the new master to exit";
  const left = [...workers.values()].filter(isAlive).length;
  return left === 0 ? "Stopped" : `Stopping: ${drains(left)}`;
}

function count(workers: number): string {
  return workers === 1 ? "1 worker" : `${workers} workers`;
}

function drains(workers: number): string {
  return `${count(workers)} ${workers === 1 ? "is draining" : "are draining"}`;
}

/**
 * How long the current start, reload or stop may still take by its deadlines, in milliseconds. 0 if
 * there is none, or if only processes that cannot be killed are left.
 */
export function remainingMs(state: State, nowMs: number): number {
  const { rollout, stop, settings, respawn, bindLock, succession } = state;
  const phase = phaseOf(state);
  if (phase === "serving" || state.exited) return 0;
  const times: number[] = [nowMs];
  for (const { phase: at } of state.workers.values()) {
    if ("deadlineMs" in at && !(at.name === "stopping" && at.killed)) times.push(at.deadlineMs);
  }
  if (bindLock !== undefined) times.push(bindLock.deadlineMs);
  if (rollout.name === "configuring") times.push(rollout.deadlineMs + settings.startupTimeoutMs);
  if (phase === "starting" && respawn.notBeforeMs > nowMs) {
    times.push(respawn.notBeforeMs + settings.startupTimeoutMs);
  }
  if (stop.name === "announced") times.push(stop.drainAtMs + settings.shutdownTimeoutMs);
  const isEnding = succession.name === "aborting" && succession.step !== "killed";
  if (isEnding) times.push(succession.deadlineMs + settings.shutdownTimeoutMs);
  const lastMs = Math.max(...times);
  return lastMs > nowMs ? lastMs - nowMs + MARGIN_MS : 0;
}
