// The end of the server: TERM, INT, QUIT, or a start that failed.

import type { EventOf } from "../events.ts";
import { message } from "../messages.ts";
import { abortHandover } from "./handover-end.ts";
import { groupsAreFrozen, hasServer, isAlive, isShuttingDown, isStopping } from "../predicates.ts";
import { giveUpTakeover, rejectRollout } from "../moves/rejection.ts";
import type { Turn } from "../turn.ts";
import { takeOverAlone } from "./canary.ts";
import { expectAnswer } from "../moves/answers.ts";
import { killWorker, retireWorker } from "../moves/workers.ts";
import { takeOverShort } from "./rolling.ts";

const TERMINAL = "SIGHUP (the terminal was closed)";

export function onStopRequested(turn: Turn, { mode, signal, id }: EventOf<"stop-requested">): void {
  const { stop } = turn.state;
  expectAnswer(turn, id, { name: "stop" });
  switch (mode) {
    case "graceful":
      if (stop.name !== "none") return;
      turn.log("info", "stop-requested", message.stopReceived(signal), { by: signal });
      beginGracefulStop(turn);
      return;
    case "impatient":
      if (stop.name !== "none" && stop.mode !== "graceful") {
        stopNow(turn, signal);
        return;
      }
      turn.log("info", "stop-requested", message.stopImpatient(signal), { by: signal });
      drainAll(turn, "impatient");
      return;
    case "now":
      stopNow(turn, signal);
      return;
    default:
      mode satisfies never;
  }
}

/** The kernel may say so twice; the second time does not stop the server immediately. */
export function onTerminalClosed(turn: Turn): void {
  if (isStopping(turn.state)) return;
  turn.log("info", "stop-requested", message.stopImpatient(TERMINAL), { by: TERMINAL });
  drainAll(turn, "impatient");
}

function beginGracefulStop(turn: Turn): void {
  const { shutdownDelayMs } = turn.state.settings;
  if (shutdownDelayMs === 0 || turn.state.serving === undefined) {
    drainAll(turn, "graceful");
    return;
  }
  turn.log("info", "stop-announced", message.stopAnnounced(shutdownDelayMs), {
    delay_ms: shutdownDelayMs,
  });
  const drainAtMs = turn.now + shutdownDelayMs;
  turn.set({ stop: { name: "announced", drainAtMs, mode: "graceful" } });
  giveUpReloads(turn);
}

/**
 * Drains every worker. One that is already draining keeps its deadline if that comes earlier. While
 * there is a successor, the stop waits for its end: until then no listener may leave its group, and
 * a listener whose worker had gone would take connections that nobody accepts.
 */
export function drainAll(turn: Turn, mode: "graceful" | "impatient"): void {
  abortHandover(turn);
  if (groupsAreFrozen(turn.state)) {
    turn.set({ stop: { name: "waiting", mode }, reloadWantedBy: undefined });
    return;
  }
  turn.set({ stop: { name: "draining", mode } });
  giveUpReloads(turn);
  const timeoutMs = turn.state.settings.shutdownTimeoutMs;
  const closeIdle = mode === "impatient";
  for (const worker of turn.state.workers.values()) {
    const { phase } = worker;
    if (phase.name !== "draining") {
      retireWorker(turn, worker, "stop", timeoutMs, { closeIdle });
      continue;
    }
    const deadlineMs = turn.now + timeoutMs;
    const sooner = deadlineMs < phase.deadlineMs;
    if (sooner) turn.setPhase(worker.id, { ...phase, deadlineMs, timeoutMs });
    const remainingMs = sooner ? timeoutMs : Math.max(phase.deadlineMs - turn.now, 0);
    turn.emit({
      type: "drain",
      worker: worker.id,
      reason: "stop",
      timeoutMs: remainingMs,
      closeIdle,
    });
  }
}

/** Continues a stop that has waited for the end of a successor. */
export function resumeStop(turn: Turn): void {
  const { stop } = turn.state;
  if (stop.name === "waiting" && !groupsAreFrozen(turn.state)) drainAll(turn, stop.mode);
}

function stopNow(turn: Turn, signal: string): void {
  turn.log("warn", "stop-requested", message.stopNow(signal), { by: signal });
  turn.set({ stop: { name: "draining", mode: "now" } });
  giveUpReloads(turn);
  for (const worker of turn.state.workers.values()) if (isAlive(worker)) killWorker(turn, worker);
}

/**
 * A server that stops has no use for a new generation: the current rollout is rejected, unless
 * nobody else serves until the drain begins. A master that does not have the server has no other
 * rollout, and must not stop what it was offered.
 */
function giveUpReloads(turn: Turn): void {
  turn.set({ reloadWantedBy: undefined });
  abortHandover(turn);
  if (!hasServer(turn.state)) return giveUpTakeover(turn);
  const goesOn = !isShuttingDown(turn.state) && (takeOverShort(turn) || takeOverAlone(turn));
  if (!goesOn) rejectRollout(turn, "the server is stopping");
}

/** Ends the server when the last worker has gone: only the log line and the exit are left. */
export function completeStop(turn: Turn): void {
  const { stop, workers, exitCode } = turn.state;
  if (stop.name !== "draining" || workers.size > 0) return;
  if (exitCode === 0) turn.log("info", "stopped", message.stopped);
  turn.set({ exited: true });
}
