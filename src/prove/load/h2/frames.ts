// Frames of HTTP/2 (RFC 9113), as bytes.
export const TYPE = {
  data: 0,
  headers: 1,
  resetStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const FLAG = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 0x20 } as const;

export const SETTING = {
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
} as const;

export const ERROR_CODES: readonly string[] = [
  "NO_ERROR",
  "PROTOCOL_ERROR",
  "INTERNAL_ERROR",
  "FLOW_CONTROL_ERROR",
  "SETTINGS_TIMEOUT",
  "STREAM_CLOSED",
  "FRAME_SIZE_ERROR",
  "REFUSED_STREAM",
  "CANCEL",
  "COMPRESSION_ERROR",
  "CONNECT_ERROR",
  "ENHANCE_YOUR_CALM",
  "INADEQUATE_SECURITY",
  "HTTP_1_1_REQUIRED",
];

/** `REFUSED_STREAM`, or the number of a code that nobody knows. */
export function errorName(code: number): string {
  return ERROR_CODES[code] ?? `error ${code}`;
}

export const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
/** What a frame may carry unless both sides have agreed on more. */
export const MOST_CARRIED = 16_384;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  /** 0: of the connection. */
  readonly stream: number;
  readonly payload: Buffer;
}

/** Bytes before what a frame carries. */
export const HEAD = 9;
const NOTHING = new Uint8Array();

export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array = NOTHING,
): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes.writeUInt8(type, 3);
  bytes.writeUInt8(flags, 4);
  bytes.writeUInt32BE(stream, 5);
  bytes.set(payload, HEAD);
  return bytes;
}

/** A payload of one number. */
export function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function settingsPayload(settings: Readonly<Record<number, number>>): Buffer {
  const parts = Object.entries(settings).map(([id, value]) => {
    const bytes = Buffer.alloc(6);
    bytes.writeUInt16BE(Number(id));
    bytes.writeUInt32BE(value, 2);
    return bytes;
  });
  return Buffer.concat(parts);
}

export function settingsIn({ payload }: Frame): [id: number, value: number][] {
  const count = Math.floor(payload.length / 6);
  return Array.from({ length: count }, (_, index) => [
    payload.readUInt16BE(index * 6),
    payload.readUInt32BE(index * 6 + 2),
  ]);
}
