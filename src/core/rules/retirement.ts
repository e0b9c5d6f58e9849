// The end of a reload: the old generation has gone, and what is over is forgotten.
import { message } from "../messages.ts";
import { endReload } from "../moves/answers.ts";
import { forgetGeneration } from "../moves/generations.ts";
import { isAlive, isStopping } from "../predicates.ts";
import type { Turn } from "../turn.ts";

/** Reports the end of every reload whose old generation has gone, and forgets what is over. */
export function retireGenerations(turn: Turn): void {
  for (const generation of turn.state.generations.values()) {
    const { number, replaces, open, role, settings } = generation;
    const oldIsGone = replaces === undefined || !turn.workersOf(replaces).some(isAlive);
    const isReported = !open || (role !== "starting" && oldIsGone);
    if (open && isReported) {
      turn.putGeneration({ ...generation, open: false });
      const { workers } = settings;
      if (!isStopping(turn.state)) {
        const words = message.complete(workers, number);
        turn.log("info", "reload-complete", words, { generation: number, workers });
      }
      endReload(turn, number, "completed");
    }
    // At once: another event may not come for days, and its plan keeps its sockets.
    if (isReported && role === "leaving" && turn.workersOf(number).length === 0) {
      forgetGeneration(turn, number);
    }
  }
}
