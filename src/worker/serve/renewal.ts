// Renews certificates. Bun changes none, so each of its servers gets a successor, which takes over
// its listening socket. Either all servers get theirs or none does, so that a worker never serves
// one certificate on one address and another one on the next.
import { type Move, moveListener } from "../../net/adopt-listener.ts";
import type { Polls } from "../../net/polls.ts";
import type { Accepting } from "../connections/accepting.ts";
import type { AppHandlers } from "./app-handlers.ts";
import type { Bound } from "./bound.ts";
import { endUnseen, serveUnseen, type UnseenServer } from "./unseen-server.ts";

interface Renewal {
  /** Make the successors, with the certificates that are in force by now. */
  readonly handlers: AppHandlers;
  readonly polls: Polls;
  readonly accepting: Accepting;
}

interface Successor extends UnseenServer {
  readonly bound: Bound;
}

/**
 * Gives each its successor. Returns the servers that have got one, and keep their connections.
 * Throws: then all are served as before.
 */
export function succeedAll(
  all: readonly Bound[],
  { handlers, polls, accepting }: Renewal,
): Bun.Server<unknown>[] {
  const made: Successor[] = [];
  const moved: (Successor & Move)[] = [];
  try {
    for (const bound of all) {
      made.push({ bound, ...serveUnseen(handlers, bound.address, bound.inFlight) });
    }
    for (const one of made) {
      moved.push({ ...one, ...moveListener(polls, one.bound.listener, one.listener) });
    }
  } catch (error) {
    for (const { undo } of moved) undo();
    for (const { server } of made) endUnseen(handlers, server);
    throw error;
  }
  // Nobody has accepted since the first move: connections have waited in the kernel.
  return moved.map((one) => succeed(one, accepting));
}

function succeed(
  { bound, server, listener, accept }: Successor & Move,
  accepting: Accepting,
): Bun.Server<unknown> {
  const { server: before, shared } = bound;
  bound.server = server;
  bound.listener = listener;
  bound.shared = shared?.movedTo(listener, accept);
  if (bound.shared === undefined) accepting.admit(listener, accept);
  else bound.shared.set(shared?.accepts === true, accepting);
  return before;
}
