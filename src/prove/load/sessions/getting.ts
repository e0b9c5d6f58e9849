// Modes that differ in what a client does with its connection; the request is always a GET.
import { AnswerReader } from "../answer-reader.ts";
import { ask, finish, judge } from "../asking.ts";
import type { Client, Session } from "../client.ts";
import { readHead, readPiece } from "../http.ts";

/** How much time is spent in not reading a large answer. */
const LONGEST_READ_MS = 2000;

/** A connection for each request, which the client closes: the request does not announce it. */
export const connection: Session = async (client) => {
  const request = client.prepare("GET", client.anyPath());
  const sinceMs = client.begin();
  using socket = await client.connect();
  await ask(client, socket, request, { sinceMs });
};

/** Requests back to back on one connection. */
export const keepAlive: Session = (client) => repeat(client, () => 0);

/** Requests on one connection with pauses between them, like a person clicking. */
export const thinking: Session = (client) => repeat(client, () => client.random.between(0, 300));

async function repeat(client: Client, gapMs: () => number): Promise<void> {
  client.begin();
  using socket = await client.connect();
  for (let isReused = false; ; isReused = true) {
    const request = client.prepare("GET", client.anyPath());
    const { closes } = await ask(client, socket, request, { isReused });
    if (closes) return;
    const gap = gapMs();
    if (gap > 0 && !(await client.pause(gap))) return;
    if (!(await client.nextTurn()) || !client.isStillOpen(socket)) return;
  }
}

/** A browser's preconnect: connected, silent, then a request. */
export const silent: Session = async (client) => {
  const request = client.prepare("GET", client.anyPath());
  client.begin();
  using socket = await client.connect();
  client.rest();
  if (!(await client.pause(client.random.between(0, 900)))) return;
  socket.requireOpen("before its first request");
  await ask(client, socket, request);
};

/** The head in two halves, with a pause between them. */
export const slowHead: Session = async (client) => {
  const request = client.prepare("GET", client.anyPath());
  client.begin();
  using socket = await client.connect();
  client.rest();
  const cut = client.random.between(1, request.bytes.length - 1);
  socket.send(request.bytes.subarray(0, cut));
  // What has begun is ended in any case, if sooner when the load stops.
  await client.pause(client.random.between(0, 900));
  await finish(client, socket, { request, sent: cut });
};

/** A large answer that is read in pieces, with pauses between them. */
export const slowDownload: Session = async (client) => {
  const request = client.prepare("GET", client.anyPath());
  const sinceMs = client.begin();
  using socket = await client.connect();
  socket.send(request.bytes);
  const reader = new AnswerReader();
  const deadlineMs = client.deadlineMs();
  let pausedMs = 0;
  const head = await readHead(socket, reader, deadlineMs);
  while (!reader.isWhole) {
    await readPiece(socket, reader, deadlineMs + pausedMs);
    if (reader.isWhole || pausedMs >= LONGEST_READ_MS) continue;
    const heardMs = client.heard();
    socket.pause();
    await client.pause(client.random.between(20, 100));
    socket.resume();
    pausedMs += client.begin() - heardMs;
  }
  judge(client, head, request, sinceMs + pausedMs);
};
