// Closes a WebSocket that Bun does not serve. Its client answers the close frame, and is waited
// for: to close a connection with something unread would reset it, and the client might not see
// the code.
import { SHUT_WR } from "../../os/constants.ts";
import { closeDescriptor } from "../../os/descriptors.ts";
import { libc } from "../../os/libc.ts";
import { readNow, write } from "./raw-socket.ts";

/** As for those that Bun serves, see ../drain/silent-websockets.ts. */
const ANSWER_WITHIN_MS = 2000;
const LOOK_EACH_MS = 20;

/**
 * Resolves when it is closed. The descriptor is closed, too.
 * @param last what is still to be sent, with a close frame at its end
 */
export async function closeRaw(connection: number, last: Uint8Array): Promise<void> {
  const untilMs = performance.now() + ANSWER_WITHIN_MS;
  let written = 0;
  try {
    while (performance.now() < untilMs) {
      if (written < last.length) {
        const sent = write(connection, last.subarray(written));
        if (sent === undefined) return;
        written += sent;
        if (written === last.length) libc().shutdown(connection, SHUT_WR);
      }
      let bytes = readNow(connection);
      while (bytes !== undefined && bytes.length > 0) bytes = readNow(connection);
      if (bytes === undefined) return;
      await Bun.sleep(LOOK_EACH_MS);
    }
  } finally {
    closeDescriptor(connection);
  }
}
