// What a worker may say in which phase. A message that cannot be right means that something is
// wrong with the worker, or that it is not the worker that speaks: nothing that it says can be
// relied on any more.

import type { WorkerEvent } from "./events.ts";
import { mayBind } from "./predicates.ts";
import { sharingOf } from "./sharing/sharing-of.ts";
import type { Phase, State, Worker } from "./state.ts";

/**
 * Phases in which each can come. What comes late from one that is on its way out says nothing any
 * more.
 */
const EXPECTED: Readonly<Record<WorkerEvent["type"], readonly Phase["name"][]>> = {
  "worker-started": ["spawning"],
  "worker-loaded": ["spawning", "loading"],
  // Those that are ready listen again, where they do, see sharing; those that drain were asked
  // before.
  "worker-bound": ["binding", "ready", "draining"],
  "worker-ready": ["binding", "ready", "draining"],
  "worker-failed": ["spawning", "loading", "binding", "ready", "draining"],
  "worker-uncaught": ["ready", "draining"],
  "worker-idle": ["draining"],
  "listener-released": ["ready", "draining"],
  "worker-forced": [],
  "worker-exited": ["spawning", "loading", "binding", "ready", "draining"],
};

const LEAVING: ReadonlySet<Phase["name"]> = new Set(["stopping", "orphaned", "exited"]);

/** Whether what a worker says is taken in, is too late to matter, or cannot be. */
export function judge(
  state: State,
  worker: Worker,
  event: WorkerEvent,
): "expected" | "late" | "impossible" {
  const isLeaving = LEAVING.has(worker.phase.name);
  const isInPhase = isLeaving || EXPECTED[event.type].includes(worker.phase.name);
  if (isInPhase && isPossible(state, worker, event)) return "expected";
  return isLeaving ? "late" : "impossible";
}

function isPossible(state: State, worker: Worker, event: WorkerEvent): boolean {
  const { phase, listeners } = worker;
  switch (event.type) {
    case "worker-bound":
      return mayBind(state, worker) && event.addresses.length > 0;
    case "worker-ready":
      return phase.name !== "ready" || sharingOf(state).bindsAgain;
    case "listener-released": {
      const { name } = listeners.get(event.address) ?? {};
      return name === "releasing" || name === "yielding";
    }
    default:
      return true;
  }
}
