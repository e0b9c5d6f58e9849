// Commands and their answers. A command waits in the state from the moment it is asked until
// something is true that it can be told; then it is answered, once, and waits no longer.

import type { Answer, Outcome } from "../effects.ts";
import type { Command } from "../state.ts";
import type { Turn } from "../turn.ts";

/** A command waits for its answer. @param id `undefined`: nobody waits */
export function expectAnswer(turn: Turn, id: number | undefined, command: Command): void {
  if (id !== undefined) turn.set({ commands: new Map(turn.state.commands).set(id, command) });
}

/** @param id `undefined`: nobody waits */
export function answer(turn: Turn, id: number | undefined, what: Answer): void {
  if (id === undefined) return;
  const commands = new Map(turn.state.commands);
  commands.delete(id);
  turn.set({ commands });
  turn.emit({ type: "answer", id, ...what });
}

/** Every reload that has been asked for is the one that begins now. */
export function assignReloads(turn: Turn, generation: number): void {
  for (const [id, command] of turn.state.commands) {
    if (command.name !== "reload" || command.generation !== undefined) continue;
    expectAnswer(turn, id, { ...command, generation });
  }
}

/** The generation that a reload has made takes all new connections. */
export function tellSteered(turn: Turn, generation: number): void {
  turn.emit({ type: "reload-steered", generation });
  for (const [id, command] of turn.state.commands) {
    const isOfIt = command.name === "reload" && command.generation === generation;
    if (isOfIt && command.until === "steered") answer(turn, id, { ok: true, generation });
  }
}

/** The one end of a reload. @param reason why it was rejected */
export function endReload(turn: Turn, generation: number, outcome: "completed"): void;
export function endReload(
  turn: Turn,
  generation: number,
  outcome: "rejected",
  reason: string,
): void;
export function endReload(turn: Turn, generation: number, outcome: Outcome, reason?: string): void {
  const workers = outcome === "completed" ? turn.generation(generation).settings.workers : 0;
  turn.emit({ type: "reload-ended", generation, outcome, reason, workers });
  const what: Answer =
    reason === undefined ? { ok: true, generation } : { ok: false, reason, generation };
  for (const [id, command] of turn.state.commands) {
    const isOfIt = command.name === "reload" && command.generation === generation;
    if (isOfIt) answer(turn, id, what);
  }
}
