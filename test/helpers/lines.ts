// Reads from a raw socket as far as a line goes, or the connection.
import type { RawSocket } from "../../src/prove/load/raw-socket.ts";

/** The text up to the next CRLF, without it. Throws a `Loss` if the connection ends before that. */
export async function takeLine(socket: RawSocket, deadlineMs: number): Promise<string> {
  let bytes = Buffer.alloc(0);
  for (;;) {
    const more = await socket.takeSome(deadlineMs);
    if (more === undefined) throw socket.lossOfEnd();
    bytes = Buffer.concat([bytes, more]);
    const end = bytes.indexOf("\r\n");
    if (end < 0) continue;
    socket.putBack(bytes.subarray(end + 2));
    return bytes.subarray(0, end).toString();
  }
}

/** Everything up to the other side's FIN. Throws a `Loss` for a reset. */
export async function takeRest(socket: RawSocket, deadlineMs: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for (;;) {
    const more = await socket.takeSome(deadlineMs);
    if (more === undefined) return Buffer.concat(pieces);
    pieces.push(more);
  }
}
