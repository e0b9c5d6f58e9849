// A reload that has been asked for, until it begins: requests in the meantime are one, and too many
// generations that still drain are in its way. What follows: rollout.ts.
import type { EventOf } from "../events.ts";
import { expectAnswer } from "../moves/answers.ts";
import { forceWorker } from "../moves/workers.ts";
import { message } from "../messages.ts";
import {
  drainingGenerations,
  hasServer,
  isAlive,
  isBusyHandingOver,
  isStopping,
} from "../predicates.ts";
import { OUTDATED_LOAD_MS } from "../settings.ts";
import type { State } from "../state.ts";
import type { Turn } from "../turn.ts";

/** A HUP is a flag: however many arrive before the next rollout starts, one reload follows. */
export function onReloadRequested(
  turn: Turn,
  { by, id, until = "ended" }: EventOf<"reload-requested">,
): void {
  const { state } = turn;
  expectAnswer(turn, id, { name: "reload", until, generation: undefined });
  if (isStopping(state)) {
    turn.log("warn", "reload-ignored", message.reloadWhileStopping(by), { by });
    return;
  }
  const isBusy = state.rollout.name !== "none" || isBusyHandingOver(state);
  if (isBusy && state.reloadWantedBy === undefined) {
    turn.log("info", "reload-queued", wordsOfQueued(state, by), { by });
  }
  turn.set({ reloadWantedBy: state.reloadWantedBy ?? by });
  hurryOutdated(turn);
}

/** If the version that is being loaded is outdated, nobody wants to wait for one that hangs. */
export function hurryOutdated(turn: Turn): void {
  const { rollout, reloadWantedBy, settings } = turn.state;
  if (settings.isDev !== true || reloadWantedBy === undefined) return;
  if (rollout.name !== "first-load" && rollout.name !== "filling") return;
  for (const { id, phase } of turn.workersOf(rollout.generation)) {
    if (phase.name !== "loading") continue;
    const deadlineMs = Math.min(phase.deadlineMs, turn.now + OUTDATED_LOAD_MS);
    turn.setPhase(id, { ...phase, deadlineMs });
  }
}

function wordsOfQueued(state: State, by: string): string {
  if (isBusyHandingOver(state) || !hasServer(state)) return message.reloadHandingOver(by);
  return state.serving === undefined ? message.reloadAtStart(by) : message.reloadQueued(by);
}

/** Only draining generations are in the way of the requested reload. */
export function waitsForDrains(state: State): boolean {
  const { rollout, reloadWantedBy, settings } = state;
  if (reloadWantedBy === undefined || rollout.name !== "none" || isStopping(state)) return false;
  return drainingGenerations(state) >= settings.maxDraining;
}

/** Whoever has saved a file wants the new version, not the end of a stream of an old one. */
export function endOldestDrain(turn: Turn): void {
  const leaving = [...turn.state.generations.values()].filter(({ role }) => role === "leaving");
  const alive = leaving.map(({ number }) => turn.workersOf(number).filter(isAlive));
  const oldest = alive.find((workers) => workers.length > 0) ?? [];
  for (const worker of oldest) {
    if (worker.phase.name === "draining") forceWorker(turn, worker, worker.phase.timeoutMs);
  }
}

/** Logs once that the requested reload waits. */
export function tellWait(turn: Turn): void {
  if (!waitsForDrains(turn.state) || waitsForDrains(turn.before)) return;
  if (turn.state.settings.isDev === true) return;
  const draining = drainingGenerations(turn.state);
  turn.log("warn", "reload-waits", message.reloadWaits(draining), { draining });
}
