// A WebSocket client by hand (RFC 6455): echoes until the server closes. Code 1012 is the clean
// "service restart" that tells a client to come back, 1001 says that the server stops; anything
// else is a loss.
import { Loss } from "../../../src/prove/load/loss.ts";
import type { Client, Session } from "./client.ts";
import {
  askUpgrade,
  CLOSE,
  clientFrame,
  closeCode,
  closePayload,
  type Frame,
  PING,
  PONG,
  readFrame,
  TEXT,
} from "../../../src/prove/load/frames.ts";
import type { RawSocket } from "../../../src/prove/load/raw-socket.ts";

const SERVICE_RESTART = 1012;
const GOING_AWAY = 1001;
const NORMAL = 1000;
const FRAME_TIMEOUT_MS = 15_000;

/** Connects, sends messages that come back, reconnects after a clean 1012. */
export const webSocketEcho: Session = async (client) => {
  using socket = await client.connect();
  await upgrade(client, socket, "/ws");
  for (let count = 0; ; count += 1) {
    const message = `message ${count} ${client.random.next()}`;
    socket.send(clientFrame(client.random, TEXT, Buffer.from(message)));
    const frame = await nextFrame(client, socket);
    if (frame.opcode === CLOSE) return await answerClose(client, socket, frame);
    checkEcho(client, frame, message);
    if (!(await client.pause(client.random.between(5, 100)))) return await leave(client, socket);
  }
};

/** Makes a WebSocket of the connection. */
export async function upgrade(client: Client, socket: RawSocket, path: string): Promise<void> {
  const reply = await askUpgrade(socket, client.random, { path }, FRAME_TIMEOUT_MS);
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

/** The end of a WebSocket that the server closes: right with 1012, or at a stop with 1001. */
export async function answerClose(client: Client, socket: RawSocket, frame: Frame): Promise<void> {
  const code = closeCode(frame);
  const isRight = code === SERVICE_RESTART || code === GOING_AWAY;
  if (!isRight) throw new Loss("wrong", `closed with ${code ?? "no code"}`);
  socket.send(clientFrame(client.random, CLOSE, frame.payload.subarray(0, 2)));
  await socket.untilEnded(performance.now() + FRAME_TIMEOUT_MS);
  if (code === SERVICE_RESTART) client.recorder.result.websocketsClosed += 1;
  client.recorder.ok(client.mode);
  await client.pause(client.random.between(5, 100));
}

/** The client's own close when the load stops: the server has to answer it. */
async function leave(client: Client, socket: RawSocket): Promise<void> {
  socket.send(clientFrame(client.random, CLOSE, closePayload(NORMAL)));
  const frame = await nextFrame(client, socket);
  if (frame.opcode !== CLOSE) throw new Loss("wrong", `opcode ${frame.opcode} for a close`);
}

/** The next frame that is not a ping, which is answered. */
export async function nextFrame(client: Client, socket: RawSocket): Promise<Frame> {
  for (;;) {
    const frame = await readFrame(socket, performance.now() + FRAME_TIMEOUT_MS);
    if (frame.opcode !== PING) return frame;
    socket.send(clientFrame(client.random, PONG, frame.payload));
  }
}
