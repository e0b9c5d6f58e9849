// What it means that an effect could not be performed. Most effects are answered by an event, and
// failure is one of the possible answers. So nothing waits for an answer that will never come.

import type { Effect } from "./effects.ts";
import type { Event } from "./events.ts";
import { message } from "./messages.ts";

/**
 * The event that a failed effect amounts to; `undefined` if only a deadline waits for an answer.
 * For example, a worker that could not be asked to drain or end is forced or killed when its time
 * is up, and so is a successor.
 * @param reason in one sentence or a few words
 */
export function consequenceOf(effect: Effect, reason: string): Event | undefined {
  switch (effect.type) {
    // The previous program is still in force, or none: connections can come to every member.
    case "steer":
    case "close-listener":
      return { type: "steering-refused", reason };
    case "quiet-listener": {
      const { worker, address } = effect;
      return { type: "quiet-refused", worker, address };
    }
    case "divert":
      return { type: "divert-refused", address: effect.address };
    case "load-config":
      return { type: "config-rejected", generation: effect.generation, reason };
    case "check-config":
      return { type: "config-checked", generation: effect.generation, problem: reason };
    case "spawn": {
      const how = `it could not be spawned: ${reason}`;
      return { type: "worker-exited", worker: effect.worker, how };
    }
    case "bind":
      return { type: "worker-failed", worker: effect.worker, reason };
    case "measure": {
      const { generation } = effect;
      return { type: "measured", generation, comparison: undefined };
    }
    case "verify": {
      const { generation, stage } = effect;
      return { type: "verified", generation, stage, problem: reason };
    }
    case "start-successor":
      return { type: "successor-not-started", reason };
    case "offer":
      return { type: "successor-failed", reason: message.offerFailed(reason) };
    case "log":
    case "probe-steering":
    case "release-listener":
    case "drain":
    case "standby":
    case "spread":
    case "link":
    case "carry":
    case "lead":
    case "lease":
    case "resign":
    case "begin-comparison":
    case "end-comparison":
    case "end-verify":
    case "stop":
    case "force":
    case "kill":
    case "use-config":
    case "forget-config":
    case "tell-serving":
    case "reserve-number":
    case "health":
    case "answer":
    case "reload-began":
    case "reload-drains":
    case "reload-steered":
    case "reload-undone":
    case "reload-ended":
    case "stop-successor":
    case "kill-successor":
    case "forget-successor":
    case "worker-crashed":
    case "worker-respawned":
    case "worker-hung":
    case "worker-recycled":
    case "claim":
    case "taken-over":
    case "grant":
    case "exit":
      return undefined;
    default:
      return effect satisfies never;
  }
}

/** Whether the server cannot go on without that effect: from then on nothing is decided. */
export function endsTheMaster({ type }: Effect): boolean {
  return type === "grant" || type === "exit";
}
