// Single requests that a test holds open on purpose while it does something to the server.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Reply, exchange, requestHead } from "../../src/prove/load/http.ts";
import { RawSocket } from "../../src/prove/load/raw-socket.ts";
import type { ServerProcess } from "./server-process.ts";

export { ask, exchange, readReply, type Reply, type Request } from "../../src/prove/load/http.ts";
export { RawSocket } from "../../src/prove/load/raw-socket.ts";

interface HeldRequest {
  /** The reply, when it comes; rejects with a `Loss` if it does not. */
  reply: Promise<Reply>;
  /** Ends the handler before its time. */
  release(): void;
}

/** Less than what tests leave reload_timeout and shutdown_timeout at. */
const UNTIL_RELEASED_MS = 20_000;

let held = 0;

/**
 * A request whose handler takes `ms`, or until it is released: so nothing is too slow on a busy
 * machine. Resolves when the handler has started.
 */
export async function hold(server: ServerProcess, ms = UNTIL_RELEASED_MS): Promise<HeldRequest> {
  held += 1;
  const name = `request-${held}`;
  const socket = await RawSocket.open(server.endpoint);
  const reply = exchange(socket, { path: `/hold?ms=${ms}&name=${name}` }, ms + 20_000).finally(() =>
    socket.close(),
  );
  reply.catch(() => {});
  await server.waitForLog(`holding ${name}`);
  return { reply, release: () => writeFileSync(join(server.dir, `${name}.released`), "") };
}

/** Blocks the event loop of one worker for ever. Resolves when it is blocked. */
export async function blockOneWorker(server: ServerProcess): Promise<RawSocket> {
  const socket = await RawSocket.open(server.endpoint);
  socket.send(requestHead({ path: "/block" }));
  await server.waitForLog("blocking");
  return socket;
}

/** A connection that has had one answer and is now idle. */
export async function idleConnection(server: ServerProcess): Promise<RawSocket> {
  const socket = await RawSocket.open(server.endpoint);
  await exchange(socket, { path: "/" });
  return socket;
}

/** The versions that answer on `count` new connections, each named once. */
export async function versionsServed(
  server: Pick<ServerProcess, "endpoint">,
  count = 20,
): Promise<string[]> {
  const versions = new Set<string>();
  for (let index = 0; index < count; index += 1) {
    using socket = await RawSocket.open(server.endpoint);
    versions.add((await exchange(socket, { path: "/" })).text.replace("hello from ", ""));
  }
  return [...versions];
}
