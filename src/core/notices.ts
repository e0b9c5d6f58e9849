// What a service manager such as systemd hears from us, in the lines of sd_notify(3): what the
// server is doing, one line for people, and how much longer that may take.

import { percent } from "./percent.ts";
import {
  hadClients,
  isAlive,
  isDown,
  isStarting,
  phaseOf,
  readyOf,
  type ServerPhase,
  servingGeneration,
} from "./predicates.ts";
import type { Trial } from "./rollout-state.ts";
import { KILL_GRACE_MS } from "./settings.ts";
import type { State, Worker } from "./state.ts";

interface Failed {
  readonly generation: number;
  /** What it had taken by then: all new connections, some of them, or none. */
  readonly had: "all" | "some" | "none";
}

/** What has been sent so far. */
export interface Notified {
  readonly phase: ServerPhase;
  /** The generation of the current rollout. */
  readonly rollout: number | undefined;
  /** Whether it had clients. */
  readonly hadClients: boolean;
  readonly serving: number | undefined;
  /** The generation that was rejected or rolled back, until the next reload. */
  readonly failed: Failed | undefined;
  readonly status: string;
}

export const NOTHING_NOTIFIED: Notified = {
  phase: "starting",
  rollout: undefined,
  hadClients: false,
  serving: undefined,
  failed: undefined,
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
  const failed = failedNow(notified, state, rollout);
  const status = statusOf(state, phase, failed);
  const next: Notified = {
    phase,
    rollout,
    hadClients: hadClients(state.rollout),
    serving: state.serving,
    failed,
    status,
  };
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

/** Which reload has failed: an older generation serves than the last one that was to. */
function failedNow(
  notified: Notified,
  { serving }: State,
  rollout: number | undefined,
): Failed | undefined {
  if (rollout !== undefined || serving === undefined) return undefined;
  const { rollout: tried = serving, serving: served = serving } = notified;
  if (served > serving) return { generation: served, had: "all" };
  if (tried > serving) return { generation: tried, had: notified.hadClients ? "some" : "none" };
  return notified.failed;
}

function statusOf(state: State, phase: ServerPhase, failed: Failed | undefined): string {
  const { rollout } = state;
  switch (phase) {
    case "starting":
    case "reloading": {
      if (rollout.name === "none") return servingStatus(state);
      const doing = phase === "starting" ? "Starting" : "Reloading";
      return `${doing}: generation ${rollout.generation} ${rolloutStatus(rollout)}`;
    }
    case "serving":
      return failed === undefined ? servingStatus(state) : failedStatus(state, failed);
    case "stopping":
      return stoppingStatus(state);
    default:
      return phase satisfies never;
  }
}

type Rollout = Exclude<State["rollout"], { readonly name: "none" }>;

function rolloutStatus(rollout: Rollout): string {
  switch (rollout.name) {
    case "configuring":
    case "first-load":
      return "is loading";
    case "emptying":
      return "starts when the old one has ended";
    case "filling":
      return "is starting its workers";
    case "verifying":
      return "is ready, and rollout.verify looks at it";
    case "canary":
      return `is on trial with ${percent(rollout.share)} % of new connections`;
    default:
      return rollout satisfies never;
  }
}

function failedStatus(state: State, { generation, had }: Failed): string {
  const { serving } = state;
  const what = had === "none" ? "rejected" : "rolled back";
  if (isDown(state)) return `Reload failed: generation ${generation} was ${what}; nobody serves`;
  const goesOn = had === "all" ? "serves again" : "keeps serving";
  return `Reload failed: generation ${generation} was ${what}; generation ${serving} ${goesOn}`;
}

function servingStatus(state: State): string {
  const generation = servingGeneration(state);
  if (generation === undefined) return "Starting";
  const { number, target } = generation;
  const ready = readyOf(state, number);
  const draining = [...state.workers.values()].filter(
    (worker) => isAlive(worker) && !isStarting(worker) && !couldServe(worker),
  ).length;
  const share = ready < target ? `${ready} of ${count(target)}` : count(ready);
  const older = draining === 0 ? "" : `; ${drains(draining)}`;
  const standby = state.bake && `; generation ${state.bake.standby} is in standby`;
  return `Serving with ${share} on generation ${number}${standby ?? ""}${older}`;
}

function couldServe({ phase }: Worker): boolean {
  return phase.name === "ready" || phase.name === "standby";
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
  // The old generation drains after the trial, which may last longer than it should.
  const drained = ({ untilMs }: Trial): number =>
    Math.max(untilMs, nowMs) + settings.reloadTimeoutMs;
  if (rollout.name === "canary") times.push(drained(rollout.trial));
  if (rollout.name === "verifying") times.push(rollout.deadlineMs + settings.reloadTimeoutMs);
  if (state.bake !== undefined) times.push(drained(state.bake.trial));
  if (stop.name === "announced") times.push(stop.drainAtMs + settings.shutdownTimeoutMs);
  const isEnding = succession.name === "aborting" && succession.step !== "killed";
  if (isEnding) times.push(succession.deadlineMs + settings.shutdownTimeoutMs);
  const lastMs = Math.max(...times);
  return lastMs > nowMs ? lastMs - nowMs + MARGIN_MS : 0;
}
