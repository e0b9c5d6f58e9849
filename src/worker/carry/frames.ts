// Frames of the WebSocket protocol (RFC 6455, section 5.2), as far as pounce writes them itself.

const CLOSE = 0x88;
const MASKED = 0x80;
/** The largest payload whose length is in the second byte. */
const SHORT = 125;
/** There, it says that the length is in the two bytes that follow. */
const LONG = 126;

/** A frame of a server that closes a connection. @param reason at most 123 bytes of UTF-8 */
export function closeFrame(code: number, reason: string): Uint8Array {
  const text = Buffer.from(reason);
  return Uint8Array.from([CLOSE, 2 + text.length, code >> 8, code & 255, ...text]);
}

/** Whether the last of these whole frames of a server closes the connection. */
export function endWithClose(frames: Uint8Array): boolean {
  const view = new DataView(frames.buffer, frames.byteOffset, frames.length);
  let at = 0;
  while (at + 2 <= frames.length) {
    if (view.getUint8(at) === CLOSE) return true;
    const length = view.getUint8(at + 1);
    if (length <= SHORT) at += 2 + length;
    else if (length === LONG) at += 4 + (at + 4 <= frames.length ? view.getUint16(at + 2) : 0);
    else at += 10 + (at + 10 <= frames.length ? Number(view.getBigUint64(at + 2)) : 0);
  }
  return false;
}

/** A short frame of a client. @param first its first byte: FIN, and the opcode */
export function clientFrame(first: number, payload: Uint8Array): Uint8Array {
  if (payload.length > SHORT) throw new RangeError("too long for a short frame");
  const mask = [1, 2, 3, 4];
  const masked = payload.map((byte, at) => byte ^ (mask[at & 3] as number));
  return Uint8Array.from([first, MASKED | payload.length, ...mask, ...masked]);
}
