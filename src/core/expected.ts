// What a worker may say in which phase. An impossible message means that something is wrong with
// the worker, or that someone else is speaking for it: nothing that it says can be relied on any
// more.

import type { WorkerEvent } from "./events.ts";
import { mayBind } from "./predicates.ts";
import { sharingOf } from "./sharing/sharing-of.ts";
import type { Phase, State, Worker } from "./state.ts";

const ANY: readonly Phase["name"][] = [
  "spawning",
  "loading",
  "binding",
  "ready",
  "standby",
  "draining",
];

/**
 * The phases in which each message can come. A late message from a worker that is on its way out
 * means nothing.
 */
const EXPECTED: Readonly<Record<WorkerEvent["type"], readonly Phase["name"][]>> = {
  "worker-started": ["spawning"],
  "worker-loaded": ["spawning", "loading"],
  // In some modes (see sharing) ready workers listen again; draining ones were asked before that.
  "worker-bound": ["binding", "ready", "draining"],
  "worker-ready": ["binding", "ready", "draining"],
  "worker-failed": ["spawning", "loading", "binding", "ready", "standby", "draining"],
  "worker-outdated": ["spawning", "loading"],
  "worker-broken": ["spawning", "loading", "binding", "ready", "standby", "draining"],
  "worker-uncaught": ["ready", "standby", "draining"],
  "worker-full": ["ready", "standby", "draining"],
  "lease-wanted": ["ready", "standby", "draining"],
  "leader-resigned": ["ready", "standby", "draining"],
  // What the master sees by itself means something only of a worker that serves or drains.
  "worker-stalled": ANY,
  "worker-got-on": ANY,
  "worker-idle": ["draining"],
  "listener-released": ["ready", "draining"],
  "worker-forced": [],
  "worker-exited": ["spawning", "loading", "binding", "ready", "standby", "draining"],
};

const LEAVING: ReadonlySet<Phase["name"]> = new Set(["stopping", "orphaned", "exited"]);

/** Whether a message is accepted, comes too late to matter, or is impossible. */
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
