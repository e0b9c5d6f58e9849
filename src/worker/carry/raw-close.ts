// Closes a WebSocket that Bun does not serve: it is between two messages in both directions, and so
// a close frame can be written to it. Its client answers that, and is waited for: to close a
// connection with something unread would reset it, and the client might not see the code.
import { SHUT_WR } from "../../os/constants.ts";
import { closeDescriptor } from "../../os/descriptors.ts";
import { libc } from "../../os/libc.ts";
import { closeFrame } from "./frames.ts";
import { readNow, write } from "./raw-socket.ts";

/** As for those that Bun serves, see ../drain/silent-websockets.ts. */
const ANSWER_WITHIN_MS = 2000;
const LOOK_EACH_MS = 20;

/** Resolves when it is closed. The descriptor is closed, too. */
export async function closeRaw(connection: number, code: number, reason: string): Promise<void> {
  const frame = closeFrame(code, reason);
  const untilMs = performance.now() + ANSWER_WITHIN_MS;
  let written = 0;
  try {
    while (performance.now() < untilMs) {
      if (written < frame.length) {
        const sent = write(connection, frame.subarray(written));
        if (sent === undefined) return;
        written += sent;
        if (written === frame.length) libc().shutdown(connection, SHUT_WR);
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
