// A master that has handed the server over. It relays messages between its successor and its
// workers, and ends when nothing is left to relay.

import type { Event } from "../events.ts";
import { message } from "../messages.ts";
import { successorOf } from "../predicates.ts";
import type { Turn } from "../turn.ts";

export function onEventAfterGrant(turn: Turn, event: Event): void {
  switch (event.type) {
    case "reload-requested":
    case "scale-requested":
    case "handover-requested":
      return ignore(turn, event, event.by);
    case "stop-requested":
      return ignore(turn, event, event.signal);
    case "terminal-closed":
      return ignore(turn, event, "SIGHUP");
    // Nobody directs the workers any more: they finish their requests, as orphans do.
    case "successor-exited": {
      const { how } = event;
      const pid = successorOf(turn.state) ?? 0;
      turn.log("warn", "successor-ended", message.successorExited(pid), { pid, how });
      return end(turn);
    }
    case "relay-ended":
      return end(turn);
    default:
  }
}

/** A command is answered instead, see commands.ts. */
function ignore(turn: Turn, event: Event, by: string): void {
  if ("id" in event && event.id !== undefined) return;
  const pid = successorOf(turn.state) ?? 0;
  turn.log("warn", "signal-ignored", message.afterHandover(by, pid), { by, pid });
}

function end(turn: Turn): void {
  turn.set({ exited: true });
  turn.emit({ type: "exit", code: 0 });
}
