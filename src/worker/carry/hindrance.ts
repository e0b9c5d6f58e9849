// Whether a WebSocket can leave now: it is between two messages, with nothing to be sent, and
// nothing to be answered.
import { socketCookie } from "../../net/socket-options.ts";
import type { Keeper } from "../movable/keeper.ts";
import type { Leaver } from "./leaver.ts";
import { isBetweenMessages } from "./parser-state.ts";
import type { Technique } from "./technique.ts";

/** Why it cannot, in words for the log; undefined: it can. */
export function hindranceOf(
  { socket, fd, memory, cookie }: Leaver,
  keeper: Keeper,
  { parserAt }: Technique,
): string | undefined {
  if (fd === undefined || socketCookie(fd) !== cookie) return "not found where Bun has it";
  if (keeper.isBusy(socket)) return "of which somebody waits for an answer";
  if (socket.getBufferedAmount() > 0) return "too slow to take what was sent to it";
  return isBetweenMessages(memory, parserAt) ? undefined : "in the middle of a message";
}
