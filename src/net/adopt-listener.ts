// Makes Bun accept from a listening socket that another process has made. Bun's own interface takes
// no descriptor.
//
// Bun serves a listener of its own, which nobody knows of. Another socket is put in its place under
// the same descriptor, and with what Bun has told its event loop about it: so Bun accepts from the
// other socket, and serves its connections, as if it were its own. Bun documents none of this.
// test/net/adopt-listener.test.ts names each thing that is relied on.
//
// Several processes accept from the same socket. The kernel wakes all of those that wait, and the
// first one gets the connection, which costs each of the others some 10 µs of CPU time. With
// EPOLLEXCLUSIVE it would wake one: but always the same one, as long as that waits (of 64
// connections that come at once, one of four workers got all), and a connection would be forgotten
// if that one is killed before it accepts.
import { fstatSync } from "node:fs";
import { F_GETFL, F_SETFL, O_CLOEXEC, O_NONBLOCK } from "../os/constants.ts";
import { checked, libc } from "../os/libc.ts";
import { releaseListener } from "./listeners.ts";
import type { Poll, Polls } from "./polls.ts";
import { isListening } from "./socket-options.ts";

/**
 * Puts `socket` in the place of `listener`, the one of a server of Bun that nobody knows of. It
 * accepts nothing yet. The caller's descriptor of `socket` can be closed afterwards. Throws.
 * @returns makes Bun accept from now on
 */
export function adoptListener(polls: Polls, listener: number, socket: number): () => void {
  if (!isListening(socket)) throw new Error("what was passed on is no listening socket");
  // Bun accepts until nothing waits, and would wait for more.
  const flags = checked("fcntl", libc().fcntl(socket, F_GETFL, 0));
  checked("fcntl", libc().fcntl(socket, F_SETFL, flags | O_NONBLOCK));
  const poll = polls.of(listener);
  if (poll === undefined) throw new Error("Bun does not wait for its listener");
  // The kernel takes the closed listener off the event loop by itself.
  checked("dup3", libc().dup3(socket, listener, O_CLOEXEC));
  polls.add(listener, { events: 0, data: poll.data });
  if (polls.inodeOf(listener) !== fstatSync(listener).ino) {
    throw new Error("Bun's event loop does not wait for the socket that was passed on");
  }
  return () => polls.set(listener, poll);
}

/** A listening socket that has got another server, which accepts nothing yet. */
export interface Move {
  /** Makes Bun accept from now on. */
  readonly accept: () => void;
  /** The first server accepts again. In place of `accept`, not after it. Throws. */
  readonly undo: () => void;
}

/**
 * Moves the socket of one server's listener to another server of this process: puts it in the place
 * of `to`, which accepts nothing yet. The first server keeps its connections, and gets no new ones.
 * The socket itself does not change, and neither does the queue of connections in it. Throws: then
 * the first server goes on accepting.
 */
export function moveListener(polls: Polls, from: number, to: number): Move {
  const poll = polls.of(from);
  if (poll === undefined) throw new Error("Bun does not wait for its listener");
  // The event loop would go on with the socket under the old number, as it is still open.
  polls.remove(from);
  try {
    const accept = adoptListener(polls, to, from);
    releaseListener(from);
    return { accept, undo: () => moveBack(polls, from, poll, to) };
  } catch (error) {
    polls.add(from, poll);
    throw error;
  }
}

/** @param poll what the event loop waited for on `from` */
function moveBack(polls: Polls, from: number, poll: Poll, to: number): void {
  polls.remove(to);
  checked("dup3", libc().dup3(to, from, O_CLOEXEC));
  polls.add(from, poll);
  releaseListener(to);
}
