// Modes that differ in what a client does with its connection; the request is always GET /.
import type { Client, Session } from "./client.ts";
import { readReply, requestHead } from "../../../src/prove/load/http.ts";

const REPLY_TIMEOUT_MS = 15_000;

/** A connection for each request, which the client closes: the reply does not announce it. */
export const connectionPerRequest: Session = async (client) => {
  using socket = await client.connect();
  await client.get(socket);
};

/** A connection for each request, which the server closes because it was asked to. */
export const connectionClose: Session = async (client) => {
  using socket = await client.connect();
  await client.get(socket, { Connection: "close" });
};

/** Requests back to back on one connection. */
export const keepAlive: Session = (client) =>
  keepAliveWith(client, () => client.random.between(0, client.target.gapMs));

/** Requests on one connection with 0–300 ms between them, like a person clicking. */
export const thinkTime: Session = (client) =>
  keepAliveWith(client, () => client.random.between(0, 300));

async function keepAliveWith(client: Client, gapMs: () => number): Promise<void> {
  using socket = await client.connect();
  for (;;) {
    const askedMs = performance.now();
    const reply = await client.get(socket);
    if (reply.closes || client.stopping.aborted) return;
    const gap = gapMs();
    if (gap > 0 && !(await client.pause(gap))) return;
    if (!client.stillOpen(socket, askedMs)) return;
  }
}

/** A browser's preconnect: connected, silent for 0–900 ms, then a request. */
export const silentThenRequest: Session = async (client) => {
  using socket = await client.connect();
  if (!(await client.pause(client.random.between(0, 900)))) return;
  socket.requireOpen("before the first request");
  await client.get(socket);
};

/** Routes that Bun answers by itself: a draining worker must mark these in another way. */
export const nativeRoutes: Session = async (client) => {
  using socket = await client.connect();
  for (;;) {
    const askedMs = performance.now();
    const path = client.random.next() < 0.5 ? "/static" : "/file";
    const right = path === "/static" ? /^static v\d+$/ : /^content of the file$/;
    const reply = await client.request(socket, { path }, (it) => right.test(it.text));
    if (reply.closes || !(await client.pause(client.random.between(0, 20)))) return;
    if (!client.stillOpen(socket, askedMs)) return;
  }
};

/** The head in two halves with 0–900 ms between them. */
export const halfRequest: Session = async (client) => {
  using socket = await client.connect();
  const head = requestHead({ path: "/", headers: { "X-Padding": "half of a head" } });
  const cut = client.random.between(1, head.length - 1);
  socket.send(head.slice(0, cut));
  const goesOn = await client.pause(client.random.between(0, 900));
  if (!goesOn) return;
  socket.requireOpen("in the middle of a request's head");
  socket.send(head.slice(cut));
  client.checkHello(await readReply(socket, performance.now() + REPLY_TIMEOUT_MS));
};

/** Idle for all but the last half second of the keep-alive limit, then a request. */
export const idleToTheLimit: Session = async (client) => {
  using socket = await client.connect();
  for (;;) {
    // The server answers some time after that, on a busy machine long before we know of it.
    const idleSince = performance.now();
    const reply = await client.get(socket);
    if (reply.closes) return;
    if (!(await client.pause(client.target.keepAliveMs - 500))) return;
    const idleMs = Math.round(performance.now() - idleSince);
    // On a busy machine this client may itself be too late; that says nothing about the server.
    if (idleMs > client.target.keepAliveMs - 200) return;
    socket.requireOpen(`after ${idleMs} ms, before the keep-alive limit`);
  }
};
