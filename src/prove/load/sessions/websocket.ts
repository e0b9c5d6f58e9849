// The mode for WebSockets. What an app says over them is its own affair, so that this depends on
// what every server does: the handshake, a pong for each ping, and a close frame before the end.
import { requireStatus } from "../asking.ts";
import type { Client, Session } from "../client.ts";
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
} from "../frames.ts";
import { howEnded } from "../line.ts";
import { Loss } from "../loss.ts";
import type { RawSocket } from "../raw-socket.ts";

const NORMAL = 1000;
/** Codes with which a server says that something went wrong. */
const ERRORS: ReadonlySet<number> = new Set([1002, 1003, 1007, 1009, 1010, 1011]);

/** One WebSocket, until the client or the server closes it. */
export const websocket: Session = async (client) => {
  const path = client.anyPath();
  const sinceMs = client.begin();
  using socket = await client.connect();
  const { headers, random } = client;
  const { timeoutMs } = client.around.plan;
  const reply = await askUpgrade(socket, random, { path: path.path, headers }, timeoutMs);
  requireStatus(reply, "the handshake of", path);
  client.answered(sinceMs);
  try {
    await pingUntilClosed(client, socket);
  } catch (error) {
    if (!(error instanceof Loss) || socket.ended === undefined) throw error;
    throw new Loss(error.kind, `${howEnded(socket.ended)} without a close frame`);
  }
};

async function pingUntilClosed(client: Client, socket: RawSocket): Promise<void> {
  const leaveMs = performance.now() + client.random.between(2000, 10_000);
  while (performance.now() < leaveMs && !client.isStopping) {
    const closed = (await ping(client, socket)) ?? (await listen(client, socket));
    if (closed !== undefined) return answerClose(client, socket, closed);
  }
  await leave(client, socket);
}

/** The client closes it. If the server then ends the connection without a word, nothing is lost. */
async function leave(client: Client, socket: RawSocket): Promise<void> {
  socket.send(clientFrame(client.random, CLOSE, closePayload(NORMAL)));
  try {
    await nextFrame(client, socket, ({ opcode }) => opcode === CLOSE);
  } catch (error) {
    if (!(error instanceof Loss) || socket.ended === undefined) throw error;
  }
}

/** Sends a ping and waits for its pong. Returns the close frame, if that comes instead. */
async function ping(client: Client, socket: RawSocket): Promise<Frame | undefined> {
  const sinceMs = client.begin();
  const payload = Buffer.from(client.random.bytes(8));
  socket.send(clientFrame(client.random, PING, payload));
  const isPong = (it: Frame): boolean => it.opcode === PONG && it.payload.equals(payload);
  const frame = await nextFrame(client, socket, (it) => it.opcode === CLOSE || isPong(it));
  if (frame.opcode === CLOSE) return frame;
  client.answered(sinceMs);
  return undefined;
}

/** Takes what the app says, for a while. Returns the close frame, if that comes. */
async function listen(client: Client, socket: RawSocket): Promise<Frame | undefined> {
  const untilMs = performance.now() + client.random.between(50, 400);
  while (await client.isReadable(socket, untilMs)) {
    const frame = await nextFrame(client, socket, () => true);
    if (frame.opcode === CLOSE) return frame;
  }
  return undefined;
}

/** The next frame of those that are waited for. Pings are answered. */
async function nextFrame(
  client: Client,
  socket: RawSocket,
  isIt: (frame: Frame) => boolean,
): Promise<Frame> {
  const deadlineMs = client.deadlineMs();
  for (;;) {
    const frame = await readFrame(socket, deadlineMs);
    const { opcode, payload } = frame;
    if (opcode === PING) socket.send(clientFrame(client.random, PONG, payload));
    if (isIt(frame)) return frame;
    socket.requireTime(deadlineMs);
  }
}

async function answerClose(client: Client, socket: RawSocket, frame: Frame): Promise<void> {
  const code = closeCode(frame);
  if (code !== undefined && ERRORS.has(code)) throw new Loss("wrong", `closed with ${code}`);
  client.rest();
  socket.send(clientFrame(client.random, CLOSE, frame.payload.subarray(0, 2)));
  client.tally.sentAway(code === undefined ? "closed without a code" : `closed with ${code}`);
  await client.pause(client.random.between(20, 100));
}
