// Modes that differ in what a client does with its connection; the request is always a GET.
import type { Client, Session } from "../client.ts";

/** A connection for each request, which the client closes: the request does not announce it. */
export const connection: Session = async (client) => {
  const request = client.prepare("GET", client.anyPath());
  const sinceMs = client.begin();
  using socket = await client.connect();
  await client.ask(socket, request, { sinceMs });
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
    const { closes } = await client.ask(socket, request, { isReused });
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
  await client.ask(socket, request);
};
