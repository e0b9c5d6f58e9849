// Which worker will probably be spawned next. The shell may start its process before it is asked
// for. Nothing depends on that: if another worker is spawned, or none, the process is ended.
import { isStopping } from "./predicates.ts";
import type { State, Worker } from "./state.ts";

/** The first worker of a new generation, while its configuration is read. */
export function expectedWorker(
  state: State,
): (Pick<Worker, "generation" | "slot"> & { readonly worker: number }) | undefined {
  const { rollout, nextWorker } = state;
  if (rollout.name !== "configuring" || isStopping(state)) return undefined;
  return { worker: nextWorker, generation: rollout.generation, slot: 0 };
}
