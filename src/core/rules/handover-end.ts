// A successor that will not get the server: it has failed or is late, the server stops, or no
// worker serves any more. It is ended with all its processes, and until they are gone, the accept
// groups stay as they are.
//
// First it is asked to end. Once it has, or is late, its workers may finish their requests: where
// the kernel spreads connections over all listeners, they have already got some. What is left then
// is killed.

import { message } from "../messages.ts";
import { isStopping, isRefused } from "../predicates.ts";
import { BIND_TIMEOUT_MS, type Settings, SUCCESSOR_GRACE_MS } from "../settings.ts";
import type { State, Succession, Worker } from "../state.ts";
import type { Turn } from "../turn.ts";

type Aborting = Extract<Succession, { readonly name: "aborting" }>;

/** How long a successor may take to claim: one worker loads, then the others do, then they bind. */
export function claimTimeoutMs({ startupTimeoutMs }: Settings): number {
  return 2 * startupTimeoutMs + BIND_TIMEOUT_MS;
}

/** Ends the successor, if there is one. @param reason logged once that is done */
export function abort(turn: Turn, reason: string, how: "asked" | "killed" = "asked"): void {
  const aborting = beginAbort(turn.state, reason, turn.now);
  if (aborting === undefined) return;
  if (how === "killed") return kill(turn, aborting);
  turn.set({ succession: aborting });
  turn.emit({ type: "stop-successor" });
}

/** `undefined` if there is no successor, or it is already being ended. */
function beginAbort({ succession }: State, reason: string, now: number): Aborting | undefined {
  if (succession.name !== "starting" && succession.name !== "offered") return undefined;
  const deadlineMs = now + SUCCESSOR_GRACE_MS;
  return { name: "aborting", step: "asked", reason, deadlineMs };
}

/** If its workers have requests, they get the time of a stop to finish them. */
function letFinish(turn: Turn, aborting: Aborting): void {
  if (!isRefused(turn.state)) return kill(turn, aborting);
  const deadlineMs = turn.now + turn.state.settings.shutdownTimeoutMs;
  turn.set({ succession: { ...aborting, step: "finishing", deadlineMs } });
}

/** Kills all its processes. Those that have not ended within the grace time are killed again. */
function kill(turn: Turn, aborting: Aborting): void {
  const deadlineMs = turn.now + SUCCESSOR_GRACE_MS;
  turn.set({ succession: { ...aborting, step: "killed", deadlineMs } });
  turn.emit({ type: "kill-successor" });
}

/** The hello, the claim, or the end of its processes is overdue. */
export function expireSuccession(turn: Turn): void {
  const { succession, settings } = turn.state;
  if (!("deadlineMs" in succession) || turn.now < succession.deadlineMs) return;
  switch (succession.name) {
    case "starting":
      return abort(turn, message.noHello(succession.pid, settings.startupTimeoutMs));
    case "offered":
      return abort(turn, message.noClaim(succession.pid, claimTimeoutMs(settings)));
    case "aborting":
      return succession.step === "asked" ? letFinish(turn, succession) : kill(turn, succession);
    default:
      succession satisfies never;
  }
}

export function onSuccessorNotStarted(turn: Turn, reason: string): void {
  const { succession } = turn.state;
  if (succession.name === "starting") return endHandover(turn, reason);
  if (succession.name === "aborting") endHandover(turn, succession.reason);
}

/** The successor has exited or been killed; some of its workers may be left. */
export function onSuccessorExited(turn: Turn, how: string): void {
  const aborting = abortingNow(turn, (pid) => message.successorFailed(pid, how));
  if (aborting?.step === "asked") letFinish(turn, aborting);
}

/** How far the end of the successor has come. @param reason of an end that starts now */
function abortingNow(
  { state, now }: Turn,
  reason: (pid: number | undefined) => string,
): Aborting | undefined {
  const { succession } = state;
  if (succession.name === "aborting") return succession;
  return "pid" in succession ? beginAbort(state, reason(succession.pid), now) : undefined;
}

/** The successor and all its processes are gone, and their listeners with them. */
export function onSuccessorGone(turn: Turn): void {
  const { succession } = turn.state;
  if (succession.name === "aborting") endHandover(turn, succession.reason);
}

function endHandover(turn: Turn, reason: string): void {
  turn.set({ succession: { name: "none" } });
  turn.emit({ type: "forget-successor" });
  if (isStopping(turn.state)) return;
  turn.log("error", "handover-failed", reason);
  turn.log("error", "handover-failed", message.handoverFailed);
}

/**
 * Abandons a handover when the last ready worker has gone: the successor's fate is not waited for,
 * and its processes get no time. At a stop no worker is needed.
 */
export function giveUpHandover(turn: Turn): void {
  if (isStopping(turn.state)) return;
  const aborting = abortingNow(turn, () => message.nobodyServes);
  if (aborting === undefined || aborting.step === "killed" || hasReadyWorker(turn.state)) return;
  kill(turn, aborting);
}

function hasReadyWorker({ workers, serving }: State): boolean {
  const serves = ({ phase, generation }: Worker): boolean =>
    phase.name === "ready" && generation === serving;
  return [...workers.values()].some(serves);
}

/** A server that stops hands nothing over. */
export function abortHandover(turn: Turn): void {
  if (turn.state.succession.name === "wanted") turn.set({ succession: { name: "none" } });
  abort(turn, "the server stops");
}
