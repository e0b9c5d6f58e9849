// The app's handlers of WebSockets, as they are called by us: an error is reported with the name of
// its handler, and those for messages are counted while they run.
import { inContext } from "../../errors/context.ts";
import type { Asked } from "../movable/asked.ts";
import type { Keeper } from "../movable/keeper.ts";

type Socket = Bun.ServerWebSocket<unknown>;

/** What Bun knows, and what only pounce calls: `resume`, in place of `open`. */
export interface WebSocketHandlers extends Bun.WebSocketHandler<unknown> {
  readonly resume?: (socket: Socket, previous: unknown) => unknown;
}

type Message = NonNullable<WebSocketHandlers["message"]>;

/** The handlers whose errors are reported with where they were thrown. */
const NAMES = ["open", "message", "drain", "close", "ping", "pong", "resume"] as const;

/** @param keeper counts handlers that have not ended; undefined: nobody has to know */
export function namedHandlers(
  app: WebSocketHandlers,
  keeper: Keeper | undefined,
): WebSocketHandlers {
  const named = { ...app };
  for (const name of NAMES) {
    const handler = named[name];
    if (handler === undefined) continue;
    const where = `the app's WebSocket ${name} handler`;
    Object.assign(named, { [name]: inContext(handler, where) });
  }
  if (keeper === undefined) return named;
  const { message, open, resume } = named;
  return {
    ...named,
    ...(message !== undefined && { message: heard(keeper, counted(keeper, message, true)) }),
    ...(open !== undefined && { open: counted(keeper, open) as typeof open }),
    ...(resume !== undefined && { resume: counted(keeper, resume) }),
  };
}

/** socket.io's sessions are followed. What is meant for us, the app does not see. */
function heard({ socketIo }: Keeper, message: (...args: Parameters<Message>) => unknown): Message {
  return (socket, data) => {
    if (socketIo.isUsed && !socketIo.hears(socket, data)) return undefined;
    return message(socket, data) as undefined;
  };
}

/** Until it has ended for a WebSocket, that does not move. */
function counted<T>(
  keeper: Keeper,
  handler: (socket: Socket, given: T) => unknown,
  isMessage = false,
): (socket: Socket, given: T) => unknown {
  return (socket, given) => {
    const result = handler(socket, given);
    if (result instanceof Promise) keeper.runs(socket, result, isMessage);
    return result;
  };
}

/** Tells the app of a new one. @param asked it comes from another worker */
export function opened(
  { open, resume }: WebSocketHandlers,
  socket: Socket,
  asked: Asked | undefined,
): unknown {
  if (asked === undefined) return open?.(socket);
  const previous = asked.opened(socket);
  try {
    return resume === undefined ? open?.(socket) : resume(socket, previous);
  } catch (error) {
    // It concerns this one alone: it does not come here.
    asked.threw(error);
    return undefined;
  }
}
