// Modes that differ in what is asked for: bodies, slow handlers, streams.
import { Loss } from "../../../src/prove/load/loss.ts";
import type { Client, Session } from "./client.ts";
import {
  exchange,
  type Reply,
  readReply,
  type Request,
  requestHead,
} from "../../../src/prove/load/http.ts";
import type { RawSocket } from "../../../src/prove/load/raw-socket.ts";

const STREAM_TIMEOUT_MS = 45_000;

/** POST of 1–32 kB that comes back as it was sent. */
export const postEcho: Session = (client) =>
  repeat(client, async (socket) => {
    const body = client.random.bytes(client.random.between(1, 32) * 1024);
    const request = { method: "POST", path: "/echo", body };
    return client.request(socket, request, (reply) => Buffer.from(body).equals(reply.body));
  });

/**
 * One request again and again, on a server that does not answer as the fixtures do. A reply is
 * right if it is a 200 and `versionOf` finds the version in it.
 */
export function requesting(
  request: Request,
  versionOf: (reply: Reply) => string | undefined,
): Session {
  return (client) =>
    repeat(client, async (socket) => {
      const reply = await exchange(socket, request);
      const version = reply.status === 200 ? versionOf(reply) : undefined;
      if (version === undefined) {
        throw new Loss("wrong", `status ${reply.status}, body "${reply.text.slice(0, 120)}"`);
      }
      client.recorder.sawVersion(version);
      client.recorder.ok(client.mode);
      return reply;
    });
}

/** A body trickled over 1–3 s; the app answers with its length and hash. */
export const slowUpload: Session = async (client) => {
  using socket = await client.connect();
  const body = client.random.bytes(client.random.between(64, 128) * 1024);
  const pieces = 10;
  const gapMs = client.random.between(1000, 3000) / pieces;
  const headers = { "Content-Length": String(body.length) };
  socket.send(requestHead({ method: "POST", path: "/upload", headers }));
  const size = Math.ceil(body.length / pieces);
  for (let sent = 0; sent < body.length; sent += size) {
    await Bun.sleep(gapMs);
    socket.requireOpen(`with ${sent} of ${body.length} bytes of the body sent`);
    socket.send(body.subarray(sent, sent + size));
  }
  const sha256 = new Bun.CryptoHasher("sha256").update(body).digest("hex");
  const reply = await readReply(socket, performance.now() + 15_000);
  client.check(reply, reply.text === JSON.stringify({ bytes: body.length, sha256 }));
};

/** A handler that takes 500–3000 ms. */
export const slowHandler: Session = (client) =>
  repeat(client, async (socket) => {
    const ms = client.random.between(500, 3000);
    const request = { path: `/slow?ms=${ms}` };
    return client.request(socket, request, (reply) => reply.text === `slept ${ms}`);
  });

/** A stream with short silences. */
export const eventStream: Session = (client) =>
  repeat(client, (socket) => wholeStream(client, socket, client.random.between(200, 2000)));

/** A stream that says nothing for longer than any idle timeout, and then ends properly. */
export const quietStream: Session = (client) =>
  repeat(client, (socket) => wholeStream(client, socket, client.random.between(12_500, 14_000)));

function wholeStream(client: Client, socket: RawSocket, quietMs: number) {
  const expected = `data: first\n\ndata: quiet for ${quietMs}\n\ndata: last\n\n`;
  const request = { path: `/sse?quiet=${quietMs}` };
  return client.request(socket, request, (it) => it.text === expected, STREAM_TIMEOUT_MS);
}

/** One request after another on a connection, for as long as the server keeps it. */
async function repeat(
  client: Client,
  once: (socket: RawSocket) => Promise<{ closes: boolean }>,
): Promise<void> {
  using socket = await client.connect();
  for (;;) {
    const askedMs = performance.now();
    const reply = await once(socket);
    if (reply.closes || client.stopping.aborted) return;
    if (!(await client.pause(client.random.between(1, 20)))) return;
    if (!client.stillOpen(socket, askedMs)) return;
  }
}
