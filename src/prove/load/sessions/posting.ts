// Modes that send a body.
import { ask, finish, isUnanswered } from "../asking.ts";
import type { Client, Prepared, Session } from "../client.ts";
import { POST_BODY, POST_HEADERS } from "../post-body.ts";

const PIECES = 10;

/** POST after POST on one connection. */
export const post: Session = async (client) => {
  client.begin();
  using socket = await client.connect();
  for (let isReused = false; ; isReused = true) {
    const { closes } = await ask(client, socket, postOf(client), { isReused });
    if (closes || !(await client.pause(client.random.between(1, 20)))) return;
    if (!(await client.nextTurn()) || !client.isStillOpen(socket)) return;
  }
};

/** A body that is sent in pieces over one to two seconds. */
export const slowUpload: Session = async (client) => {
  const request = postOf(client);
  client.begin();
  using socket = await client.connect();
  client.rest();
  const { bytes } = request;
  const gapMs = client.random.between(1000, 2000) / PIECES;
  const size = Math.ceil(bytes.length / PIECES);
  let sent = 0;
  while (sent + size < bytes.length && isUnanswered(socket, { request, sent })) {
    socket.send(bytes.subarray(sent, sent + size));
    sent += size;
    await client.pause(gapMs);
  }
  await finish(client, socket, { request, sent });
};

function postOf(client: Client): Prepared {
  return client.prepare("POST", client.anyPath(), POST_HEADERS, POST_BODY);
}
