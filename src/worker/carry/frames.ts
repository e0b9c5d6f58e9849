// Frames of the WebSocket protocol (RFC 6455, section 5.2), as far as pounce writes or
// reads them itself.

const CLOSE = 0x88;
const MASKED = 0x80;
const TEXT = 0x81;
const BYTES = 0x82;
/** The largest payload whose length is in the second byte. */
const SHORT = 125;
const IN_TWO_BYTES = 126;
const IN_EIGHT_BYTES = 127;
const LONGEST = 65_535;

/** A frame of a server that closes a connection. @param reason at most 123 bytes of UTF-8 */
export function closeFrame(code: number, reason: string): Uint8Array {
  const text = Buffer.from(reason);
  return Uint8Array.from([CLOSE, 2 + text.length, code >> 8, code & 255, ...text]);
}

/** Whether the last of these whole frames of a server closes the connection. */
export function endWithClose(frames: Uint8Array): boolean {
  let rest = Buffer.from(frames.buffer, frames.byteOffset, frames.length);
  for (;;) {
    if (rest[0] === CLOSE) return true;
    const frame = readServerFrame(rest);
    if (frame === undefined) return false;
    rest = frame.rest;
  }
}

/** A frame of a client. @param first its first byte: FIN, and the opcode */
export function clientFrame(first: number, payload: Uint8Array): Uint8Array {
  const mask = [1, 2, 3, 4];
  const masked = payload.map((byte, at) => byte ^ (mask[at & 3] as number));
  const [second = 0, ...length] = lengthOf(payload);
  return Buffer.concat([Uint8Array.from([first, MASKED | second, ...length, ...mask]), masked]);
}

/** A text from a server. */
export function serverText(text: string): Uint8Array {
  const payload = Buffer.from(text);
  return Buffer.concat([Uint8Array.from([TEXT, ...lengthOf(payload)]), payload]);
}

function lengthOf({ length }: Uint8Array): readonly number[] {
  if (length <= SHORT) return [length];
  if (length <= LONGEST) return [IN_TWO_BYTES, length >> 8, length & 255];
  throw new RangeError("too long for a frame of pounce");
}

export interface ServerFrame {
  /** Of a text; undefined: it is something else. */
  readonly text: string | undefined;
  readonly isBytes: boolean;
  /** All of it, and what follows. */
  readonly bytes: Uint8Array;
  readonly rest: Buffer;
}

/** The first frame of what a server has sent; undefined: it has not come as a whole. */
export function readServerFrame(bytes: Buffer): ServerFrame | undefined {
  const [first = 0, second = 0] = bytes;
  const more = second === IN_TWO_BYTES ? 2 : second === IN_EIGHT_BYTES ? 8 : 0;
  const at = 2 + more;
  if (bytes.length < at) return undefined;
  const length =
    more === 0 ? second : more === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  const end = at + length;
  if (bytes.length < end) return undefined;
  const text = first === TEXT ? bytes.toString("utf8", at, end) : undefined;
  return {
    text,
    isBytes: first === BYTES,
    bytes: bytes.subarray(0, end),
    rest: bytes.subarray(end),
  };
}
