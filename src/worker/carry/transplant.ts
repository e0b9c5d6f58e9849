// Puts a connection in the place of another one that Bun serves: from then on Bun serves it, as if
// it had accepted it itself. Bun documents none of this; test/worker/carry/transplant.test.ts names
// each thing that is relied on.
import type { Poll, Polls } from "../../net/polls.ts";
import { O_CLOEXEC } from "../../os/constants.ts";
import { checked, libc } from "../../os/libc.ts";
import { unblock } from "./raw-socket.ts";

/**
 * @param place the descriptor of the connection that Bun serves: it is closed
 * @param poll what Bun's event loop waits for on `place`
 * @param connection the caller can close this descriptor afterwards
 * Throws `SystemError`: then Bun serves neither.
 */
export function transplant(polls: Polls, place: number, poll: Poll, connection: number): void {
  unblock(connection);
  // The kernel takes the closed one off the event loop by itself.
  checked("dup3", libc().dup3(connection, place, O_CLOEXEC));
  polls.add(place, poll);
}
