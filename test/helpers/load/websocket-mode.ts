// A WebSocket client by hand (RFC 6455): echoes until the server closes. Code 1012 is the clean
// "service restart" that tells a client to come back; anything else is a loss.
import { Loss } from "./buckets.ts";
import type { Client, Session } from "./client.ts";
import { exchange } from "./http.ts";
import type { RawSocket } from "./raw-socket.ts";

export const TEXT = 1;
export const CLOSE = 8;
const PING = 9;
const PONG = 10;
const SERVICE_RESTART = 1012;
const NORMAL = 1000;
const FRAME_TIMEOUT_MS = 15_000;

export interface Frame {
  opcode: number;
  payload: Buffer;
}

/** Connects, sends messages that come back, reconnects after a clean 1012. */
export const webSocketEcho: Session = async (client) => {
  using socket = await client.connect();
  await upgrade(client, socket, "/ws");
  for (let count = 0; ; count += 1) {
    const message = `message ${count} ${client.random.next()}`;
    socket.send(clientFrame(client, TEXT, Buffer.from(message)));
    const frame = await nextFrame(client, socket);
    if (frame.opcode === CLOSE) return await answerClose(client, socket, frame);
    checkEcho(client, frame, message);
    if (!(await client.pause(client.random.between(5, 100)))) return await leave(client, socket);
  }
};

/** Makes a WebSocket of the connection. */
export async function upgrade(client: Client, socket: RawSocket, path: string): Promise<void> {
  const headers = {
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": Buffer.from(client.random.bytes(16)).toString("base64"),
  };
  const reply = await exchange(socket, { path, headers });
  if (reply.status !== 101) throw new Loss("wrong", `no upgrade: status ${reply.status}`);
}

function checkEcho(client: Client, frame: Frame, message: string): void {
  const text = frame.payload.toString();
  const version = /^(\S+): (.*)$/.exec(text);
  if (frame.opcode !== TEXT || version?.[1] === undefined || version[2] !== message) {
    throw new Loss("wrong", `opcode ${frame.opcode} "${text}" for "${message}"`);
  }
  client.recorder.sawVersion(version[1]);
  client.recorder.ok(client.mode);
}

/** The end of a WebSocket that the server closes: right with 1012 alone. */
export async function answerClose(client: Client, socket: RawSocket, frame: Frame): Promise<void> {
  const code = frame.payload.length >= 2 ? frame.payload.readUInt16BE(0) : undefined;
  if (code !== SERVICE_RESTART) throw new Loss("wrong", `closed with ${code ?? "no code"}`);
  socket.send(clientFrame(client, CLOSE, frame.payload.subarray(0, 2)));
  await socket.untilEnded(performance.now() + FRAME_TIMEOUT_MS);
  client.recorder.result.websocketsClosed += 1;
  client.recorder.ok(client.mode);
  await client.pause(client.random.between(5, 100));
}

/** The client's own close when the load stops: the server has to answer it. */
async function leave(client: Client, socket: RawSocket): Promise<void> {
  const code = Buffer.alloc(2);
  code.writeUInt16BE(NORMAL);
  socket.send(clientFrame(client, CLOSE, code));
  const frame = await nextFrame(client, socket);
  if (frame.opcode !== CLOSE) throw new Loss("wrong", `opcode ${frame.opcode} for a close`);
}

/** The next frame that is not a ping, which is answered. */
export async function nextFrame(client: Client, socket: RawSocket): Promise<Frame> {
  for (;;) {
    const frame = await readFrame(socket, performance.now() + FRAME_TIMEOUT_MS);
    if (frame.opcode !== PING) return frame;
    socket.send(clientFrame(client, PONG, frame.payload));
  }
}

async function readFrame(socket: RawSocket, deadlineMs: number): Promise<Frame> {
  const head = Buffer.from(await socket.take(2, deadlineMs));
  const opcode = head.readUInt8(0) & 0x0f;
  let length = head.readUInt8(1) & 0x7f;
  if (length === 126) length = Buffer.from(await socket.take(2, deadlineMs)).readUInt16BE(0);
  if (length === 127) throw new Loss("wrong", "a frame longer than any that was sent");
  return { opcode, payload: Buffer.from(await socket.take(length, deadlineMs)) };
}

/** A frame from client to server, which the standard wants masked. Up to 125 bytes. */
export function clientFrame(client: Client, opcode: number, payload: Buffer): Buffer {
  const mask = client.random.bytes(4);
  const masked = payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | payload.length]), mask, masked]);
}
