// WebSockets by hand (RFC 6455), from the client's side: the handshake, and frames.
import { type AnswerHead, AnswerReader } from "./answer-reader.ts";
import { readHead, requestBytes } from "./http.ts";
import { Loss } from "./loss.ts";
import type { Random } from "./random.ts";
import type { RawSocket } from "./raw-socket.ts";

export const TEXT = 1;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

export interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
}

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/** Longer ones than that are no messages of any app that one would prove. */
const LONGEST_FRAME = 64 * 1024 * 1024;

/**
 * Asks for a WebSocket. Returns the head of the answer: 101 if the connection is a WebSocket now.
 * Throws a `Loss` for a 101 to somebody else.
 */
export async function askUpgrade(
  socket: RawSocket,
  random: Random,
  request: { readonly path: string; readonly headers?: Readonly<Record<string, string>> },
  timeoutMs: number,
): Promise<AnswerHead> {
  const key = Buffer.from(random.bytes(16)).toString("base64");
  const headers = {
    ...request.headers,
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": key,
  };
  socket.send(requestBytes({ path: request.path, headers }));
  const head = await readHead(socket, new AnswerReader(), performance.now() + timeoutMs);
  const accept = new Bun.CryptoHasher("sha1").update(key + GUID).digest("base64");
  if (head.status === 101 && head.headers.get("sec-websocket-accept") !== accept) {
    throw new Loss("wrong", "a WebSocket's handshake with the wrong Sec-WebSocket-Accept");
  }
  return head;
}

/** The next frame from the server. Throws a `Loss` if the connection ends before it is whole. */
export async function readFrame(socket: RawSocket, deadlineMs: number): Promise<Frame> {
  const head = Buffer.from(await socket.take(2, deadlineMs));
  const [first = 0, second = 0] = head;
  if ((first & 0x70) !== 0) throw new Loss("wrong", "a frame with an extension nobody asked for");
  if ((second & 0x80) !== 0) throw new Loss("wrong", "a masked frame from the server");
  const length = await readLength(socket, second & 0x7f, deadlineMs);
  if (length > LONGEST_FRAME) throw new Loss("wrong", `a frame of ${length} bytes`);
  return { opcode: first & 0x0f, payload: Buffer.from(await socket.take(length, deadlineMs)) };
}

/** @param short the length in seven bits, of which two values say that the length follows */
async function readLength(socket: RawSocket, short: number, deadlineMs: number): Promise<number> {
  if (short < 126) return short;
  const bytes = Buffer.from(await socket.take(short === 126 ? 2 : 8, deadlineMs));
  return short === 126 ? bytes.readUInt16BE(0) : Number(bytes.readBigUInt64BE(0));
}

/** A frame from client to server, which the standard wants masked. Up to 125 bytes. */
export function clientFrame(random: Random, opcode: number, payload: Uint8Array): Buffer {
  const mask = random.bytes(4);
  const masked = payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | payload.length]), mask, masked]);
}

/** The payload of a close frame with a code. */
export function closePayload(code: number): Buffer {
  const payload = Buffer.alloc(2);
  payload.writeUInt16BE(code);
  return payload;
}

/** The code of a close frame; undefined: it has none. */
export function closeCode({ payload }: Frame): number | undefined {
  return payload.length >= 2 ? payload.readUInt16BE(0) : undefined;
}
