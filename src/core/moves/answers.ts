// Commands and their answers. A command waits in the state until its answer is known. Then it is
// answered once, and forgotten.

import type { Answer, Outcome } from "../effects.ts";
import { refusal } from "../messages.ts";
import { isDown, isToBeTried, servingGeneration } from "../predicates.ts";
import type { Command, State } from "../state.ts";
import type { Turn } from "../turn.ts";

/** Makes a command wait for its answer. @param id `undefined`: no command asked */
export function expectAnswer(turn: Turn, id: number | undefined, command: Command): void {
  if (id !== undefined) turn.set({ commands: new Map(turn.state.commands).set(id, command) });
}

/** Answers a command and forgets it. @param id `undefined`: no command asked */
export function answer(turn: Turn, id: number | undefined, what: Answer): void {
  if (id === undefined) return;
  const commands = new Map(turn.state.commands);
  commands.delete(id);
  turn.set({ commands });
  turn.emit({ type: "answer", id, ...what });
}

/** The reload that starts now is the one that all waiting reload commands have asked for. */
export function assignReloads(turn: Turn, generation: number): void {
  for (const [id, command] of turn.state.commands) {
    if (command.name !== "reload" || command.generation !== undefined) continue;
    expectAnswer(turn, id, { ...command, generation });
  }
}

/** The generation that a reload has made takes all new connections. */
export function tellSteered(turn: Turn, generation: number): void {
  turn.emit({ type: "reload-steered", generation });
  const { verdict } = turn.generation(generation);
  const unjudged = verdict?.name === "too-few" ? { unjudged: verdict.words } : {};
  for (const [id, command] of turn.state.commands) {
    const isOfReload = command.name === "reload" && command.generation === generation;
    if (!isOfReload || command.until !== "steered") continue;
    answer(turn, id, { ok: true, generation, ...unjudged });
  }
}

/**
 * The generation that a reload has made had clients, and goes. The reload ends when its workers
 * have: see rules/retirement.ts.
 */
export function undoReload(turn: Turn, generation: number, reason: string): void {
  turn.emit({ type: "reload-undone", generation, reason });
  for (const [id, command] of turn.state.commands) {
    const isOfReload = command.name === "reload" && command.generation === generation;
    if (!isOfReload || command.until !== "steered") continue;
    answer(turn, id, { ok: false, reason, generation, outcome: "rolled-back" });
  }
}

/** The single end of a reload. @param reason why it was rejected */
export function endReload(turn: Turn, generation: number, outcome: "completed"): void;
export function endReload(
  turn: Turn,
  generation: number,
  outcome: Exclude<Outcome, "completed">,
  reason: string,
): void;
export function endReload(turn: Turn, generation: number, outcome: Outcome, reason?: string): void {
  const ended = turn.state.generations.get(generation);
  const workers = outcome === "completed" ? turn.generation(generation).target : 0;
  const verdict = ended?.verdict;
  const place = ended?.place;
  const gapMs = outcome === "completed" ? ended?.gapMs : undefined;
  const wantsTrial = ended !== undefined && isToBeTried(ended);
  turn.emit({
    type: "reload-ended",
    generation,
    outcome,
    reason,
    workers,
    ...(verdict && { verdict }),
    ...(wantsTrial && { wantsTrial }),
    ...(place && { place }),
    ...(gapMs !== undefined && { gapMs }),
  });
  const outage = outageOf(turn.state);
  const what: Answer =
    outcome === "completed" || reason === undefined
      ? { ok: true, generation }
      : { ok: false, reason, generation, outcome, ...(outage !== undefined && { outage }) };
  for (const [id, command] of turn.state.commands) {
    const isOfReload = command.name === "reload" && command.generation === generation;
    if (isOfReload) answer(turn, id, what);
  }
}

/** Why nobody serves, and what to do; `undefined`: somebody does. */
export function outageOf(state: State): string | undefined {
  const serving = servingGeneration(state);
  if (serving === undefined || !isDown(state)) return undefined;
  return refusal.nobodyServes(serving.number, serving.outdated);
}
