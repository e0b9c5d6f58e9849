// Clients of Socket.IO by hand, over both of its transports: each sends a "chat message" and gets
// it back with the version before it. With polling, all requests of a client are on one
// connection, as its session is in one worker.
import { Loss } from "../../../src/prove/load/loss.ts";
import { CLOSE, clientFrame, TEXT } from "../../../src/prove/load/frames.ts";
import type { Client, Session } from "./client.ts";
import { exchange, type Reply, type Request } from "../../../src/prove/load/http.ts";
import type { RawSocket } from "../../../src/prove/load/raw-socket.ts";
import * as websocket from "./websocket-mode.ts";

const PATH = "/socket.io/?EIO=4&transport=";
const CONNECT = "40";
const EVENT = "42";
const PING = "2";
const PONG = "3";

/** A session from its handshake until the server announces that it closes the connection. */
export const polling: Session = async (client) => {
  using socket = await client.connect();
  const opened = await poll(client, socket, { path: `${PATH}polling` });
  const sid = /"sid":"([^"]+)"/.exec(opened.text)?.[1];
  if (sid === undefined) throw new Loss("wrong", `no session in "${opened.text}"`);
  if (opened.closes) return;
  const path = `${PATH}polling&sid=${sid}`;
  if (await said(client, socket, path, CONNECT, (text) => text.startsWith(CONNECT))) return;
  for (let count = 0; ; count += 1) {
    const askedMs = performance.now();
    const message = `message ${count}`;
    const check = (text: string): boolean => isEcho(client, text, message);
    if (await said(client, socket, path, eventOf(message), check)) return;
    if (!(await client.pause(client.random.between(5, 100)))) return;
    if (!client.stillOpen(socket, askedMs)) return;
  }
};

/** Posts a packet and polls for what comes back. True when the connection ends with that. */
async function said(
  client: Client,
  socket: RawSocket,
  path: string,
  packet: string,
  isRight: (text: string) => boolean,
): Promise<boolean> {
  const headers = { "Content-Type": "text/plain;charset=UTF-8" };
  const posted = await poll(client, socket, { method: "POST", path, headers, body: packet });
  if (posted.closes) return true;
  const answer = await poll(client, socket, { path });
  // What came for a ping is no answer yet.
  if (answer.text === PING && !answer.closes) return said(client, socket, path, PONG, isRight);
  if (!isRight(answer.text)) throw new Loss("wrong", `"${answer.text}" for "${packet}"`);
  return answer.closes;
}

async function poll(client: Client, socket: RawSocket, request: Request): Promise<Reply> {
  const reply = await exchange(socket, request);
  if (reply.status !== 200) throw new Loss("wrong", `status ${reply.status}, "${reply.text}"`);
  client.recorder.ok(client.mode);
  return reply;
}

/** A WebSocket from the start, until the server closes it with 1012. */
export const webSocket: Session = async (client) => {
  using socket = await client.connect();
  await websocket.upgrade(client, socket, `${PATH}websocket`);
  const send = (text: string): void =>
    socket.send(clientFrame(client.random, TEXT, Buffer.from(text)));
  send(CONNECT);
  let message: string | undefined;
  for (let count = 0; ;) {
    const frame = await websocket.nextFrame(client, socket);
    if (frame.opcode === CLOSE) return websocket.answerClose(client, socket, frame);
    const text = frame.payload.toString();
    if (text === PING) send(PONG);
    if (text.startsWith("0") || text === PING) continue;
    if (message === undefined ? !text.startsWith(CONNECT) : !isEcho(client, text, message)) {
      throw new Loss("wrong", `"${text}" for "${message}"`);
    }
    client.recorder.ok(client.mode);
    if (!(await client.pause(client.random.between(5, 100)))) return;
    message = `message ${count}`;
    count += 1;
    send(eventOf(message));
  }
};

function eventOf(message: string): string {
  return EVENT + JSON.stringify(["chat message", message]);
}

function isEcho(client: Client, packet: string, message: string): boolean {
  const found = /^42\["chat message","(v\d+): (.*)"\]$/.exec(packet);
  if (found?.[1] === undefined || found[2] !== message) return false;
  client.recorder.sawVersion(found[1]);
  return true;
}
