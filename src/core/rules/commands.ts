// When each command of the control socket is answered, and with what. A reload that has started is
// answered by the rules that steer to it, end it or reject it, see moves/answers.ts.

import type { Answer } from "../effects.ts";
import type { Event, EventOf } from "../events.ts";
import { refusal } from "../messages.ts";
import { answer, expectAnswer } from "../moves/answers.ts";
import { hasHandedOver, hasServer, isDrainCommanded, isStopping } from "../predicates.ts";
import type { Command, State } from "../state.ts";
import type { Turn } from "../turn.ts";
import { scaleAnswer } from "./scale.ts";

export function onDrainRequested(turn: Turn, { forMs, id }: EventOf<"drain-requested">): void {
  expectAnswer(turn, id, { name: "drain", deadlineMs: turn.now + forMs });
}

/** Ends the drains whose time is over. */
export function expireDrains(turn: Turn): void {
  for (const [id, command] of turn.state.commands) {
    const isOver = command.name === "drain" && turn.now >= command.deadlineMs;
    if (isOver) answer(turn, id, { ok: true });
  }
}

/** Answers every command whose result is known by now. */
export function settleCommands(turn: Turn): void {
  for (const [id, command] of turn.state.commands) {
    const what = answerTo(command, turn.state, turn.now);
    if (what !== undefined) answer(turn, id, what);
  }
}

/** Answers a command that arrives when nothing is decided here any more. */
export function refuseLate(turn: Turn, event: Event): void {
  const reason = whyOver(turn.state);
  if (reason === undefined || !("id" in event)) return;
  const generation = turn.state.nextGeneration;
  const isReload = event.type === "reload-requested";
  answer(turn, event.id, { ok: false, reason, ...(isReload && { generation }) });
}

/** Why nothing is decided here any more; `undefined` while it is. */
function whyOver(state: State): string | undefined {
  if (hasHandedOver(state)) return refusal.handedOver;
  return state.exited ? refusal.stopped : undefined;
}

/** The answer to a command; `undefined` while it is not known. */
function answerTo(command: Command, state: State, now: number): Answer | undefined {
  const over = whyOver(state);
  switch (command.name) {
    case "reload": {
      const { generation = state.nextGeneration } = command;
      const cannotBegin = command.generation === undefined && isStopping(state);
      const reason = cannotBegin ? refusal.stopping : over;
      return reason === undefined ? undefined : { ok: false, reason, generation };
    }
    case "scale":
      return over === undefined ? scaleAnswer(command, state, now) : { ok: false, reason: over };
    case "drain":
      return over === undefined ? undefined : { ok: false, reason: over };
    case "stop":
      return state.exited ? { ok: true } : undefined;
    default:
      return command satisfies never;
  }
}

/** Tells the workers what their health checks answer, whenever that changes. */
export function tellHealth(turn: Turn): void {
  if (!hasServer(turn.state)) return;
  const draining = isStopping(turn.state) || isDrainCommanded(turn.state);
  if (draining === turn.state.healthIsDraining) return;
  turn.set({ healthIsDraining: draining });
  turn.emit({ type: "health", draining });
}
