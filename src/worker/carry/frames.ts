// Frames of the WebSocket protocol (RFC 6455, section 5.2), as far as pounce writes them itself.

const CLOSE = 0x88;
const MASKED = 0x80;
/** The largest payload whose length is in the second byte. */
const SHORT = 125;

/** A frame of a server that closes a connection. @param reason at most 123 bytes of UTF-8 */
export function closeFrame(code: number, reason: string): Uint8Array {
  const text = Buffer.from(reason);
  return Uint8Array.from([CLOSE, 2 + text.length, code >> 8, code & 255, ...text]);
}

/** A short frame of a client. @param first its first byte: FIN, and the opcode */
export function clientFrame(first: number, payload: Uint8Array): Uint8Array {
  if (payload.length > SHORT) throw new RangeError("too long for a short frame");
  const mask = [1, 2, 3, 4];
  const masked = payload.map((byte, at) => byte ^ (mask[at & 3] as number));
  return Uint8Array.from([first, MASKED | payload.length, ...mask, ...masked]);
}
