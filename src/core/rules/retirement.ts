// The end of a reload: the old generation has gone, or the new one if it was rolled back, and what
// is over is forgotten.
import { message } from "../messages.ts";
import { endReload } from "../moves/answers.ts";
import { forgetGeneration } from "../moves/generations.ts";
import { isAlive, isStopping } from "../predicates.ts";
import type { Generation } from "../state.ts";
import type { Turn } from "../turn.ts";

/** Reports the end of every reload whose drain is over, and forgets what is over. */
export function retireGenerations(turn: Turn): void {
  for (const generation of turn.state.generations.values()) {
    const { number, replaces, open, role, undone } = generation;
    const draining = undone === undefined ? replaces : number;
    const isDrained = draining === undefined || !turn.workersOf(draining).some(isAlive);
    const isReported = !open || (role !== "starting" && isDrained);
    if (open && isReported) {
      turn.putGeneration({ ...generation, open: false });
      if (undone === undefined) complete(turn, generation);
      else endReload(turn, number, "rolled-back", undone);
    }
    // At once: another event may not come for days, and its plan keeps its sockets.
    if (isReported && role === "leaving" && turn.workersOf(number).length === 0) {
      forgetGeneration(turn, number);
    }
  }
}

function complete(turn: Turn, { number, target: workers }: Generation): void {
  const { serving = number } = turn.state;
  if (!isStopping(turn.state)) {
    const isServing = serving === number;
    const words = isServing
      ? message.complete(workers, number)
      : message.completeLate(number, serving);
    turn.log("info", "reload-complete", words, { generation: number, workers });
  }
  endReload(turn, number, "completed");
}
