// Workers that make no progress: their event loop does not turn, and they answer nothing. While
// that lasts, others get the new connections (moves/programs.ts). If it lasts too long, the worker
// hangs: it is killed, which cannot be gentle, and replaced as after a crash. One that drains has a
// deadline anyway.

import type { EventOf } from "../events.ts";
import { aboutWorker } from "../log-fields.ts";
import { message } from "../messages.ts";
import { noteTrouble } from "../moves/trial.ts";
import { killWorker } from "../moves/workers.ts";
import { groupsAreFrozen } from "../predicates.ts";
import type { Worker } from "../state.ts";
import type { Turn } from "../turn.ts";
import { onLost } from "./respawn.ts";

export function onWorkerStalled(
  turn: Turn,
  worker: Worker,
  { forMs, doing }: EventOf<"worker-stalled">,
): void {
  const { id, generation, phase } = worker;
  if (phase.name !== "ready" && phase.name !== "standby" && phase.name !== "draining") return;
  if (worker.isStalled !== true) {
    turn.putWorker({ ...worker, isStalled: true });
    turn.log("debug", "worker-stalled", message.stalled(id, generation), aboutWorker(worker));
  }
  const { hangTimeoutMs = 0 } = turn.generation(generation).settings;
  const isTooLong = hangTimeoutMs > 0 && forMs >= hangTimeoutMs;
  // A successor relies on the listeners that there are.
  if (!isTooLong || phase.name === "draining" || groupsAreFrozen(turn.state)) return;
  const reason = message.hung(id, generation, hangTimeoutMs, doing);
  turn.log("error", "worker-hung", reason, {
    ...aboutWorker(worker),
    stalled_ms: Math.round(forMs),
    doing,
  });
  turn.emit({ type: "worker-crashed", worker: id });
  turn.emit({ type: "worker-hung", worker: id });
  noteTrouble(turn, generation);
  killWorker(turn, worker);
  onLost(turn, worker, reason);
}

export function onWorkerGotOn(turn: Turn, worker: Worker): void {
  if (worker.isStalled !== true) return;
  const { id, generation } = worker;
  turn.putWorker({ ...worker, isStalled: false });
  turn.log("debug", "worker-got-on", message.gotOn(id, generation), aboutWorker(worker));
}
