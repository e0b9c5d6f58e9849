// Modes over HTTP/2. A request that the server hands back, as the protocol allows, is sent again,
// and is no loss; it is one if that goes on until its answer is late.
import { requireStatus } from "../asking.ts";
import type { Client, Session } from "../client.ts";
import type { H2Request } from "../h2/connection.ts";
import { Pool } from "../h2/pool.ts";
import { type H2Answer, Returned } from "../h2/stream.ts";
import { Loss } from "../loss.ts";
import { POST_BODY, POST_HEADERS } from "../post-body.ts";
import { Wait } from "../wait.ts";

/** Requests at the same time on one connection. */
const LANES = 8;
const POST_LANES = 2;
/** After a request came back, so that a server that takes none is not asked in a tight loop. */
const AFTER_RETURN_MS = 5;

/** Requests back to back, several at a time on one connection. */
export const h2: Session = (client) => inLanes(client, LANES, "GET", () => 0);

/** Requests on one connection with pauses between them. */
export const h2Thinking: Session = (client) =>
  inLanes(client, 1, "GET", () => client.random.between(0, 300));

/** POST after POST on one connection. */
export const h2Post: Session = (client) =>
  inLanes(client, POST_LANES, "POST", () => client.random.between(1, 20));

/** A connection for each request. */
export const h2Connection: Session = async (client) => {
  const pool = new Pool(client);
  try {
    await askOnce({ client, pool, wait: client.wait }, "GET");
  } finally {
    pool.leave();
  }
};

/** What sends one request after another. */
interface Lane {
  readonly client: Client;
  readonly pool: Pool;
  readonly wait: Wait;
}

/** Until the load stops. */
async function inLanes(
  client: Client,
  count: number,
  method: "GET" | "POST",
  gapMs: () => number,
): Promise<void> {
  const pool = new Pool(client);
  const lanes = Array.from({ length: count }, () => {
    const wait = new Wait(client.tally, client.around.now);
    return runLane({ client, pool, wait }, method, gapMs);
  });
  await Promise.all(lanes);
  pool.leave();
}

async function runLane(lane: Lane, method: "GET" | "POST", gapMs: () => number): Promise<void> {
  const { client, wait } = lane;
  while (await client.nextTurn()) {
    try {
      await askOnce(lane, method);
    } catch (error) {
      await client.recover(error, wait);
    }
    const gap = gapMs();
    if (gap > 0) await client.pause(gap);
  }
  wait.rest();
}

/** Sends a request until the server takes it, and counts its answer. */
async function askOnce({ client, pool, wait }: Lane, method: "GET" | "POST"): Promise<void> {
  const path = client.anyPath();
  const isPost = method === "POST";
  const wanted = isPost ? { method, headers: POST_HEADERS, body: POST_BODY } : { method };
  const request = pool.request(path, wanted);
  const sinceMs = wait.begin();
  const answer = await send(client, pool, request);
  requireStatus(answer, method, path);
  wait.answered(sinceMs);
}

async function send(client: Client, pool: Pool, request: H2Request): Promise<H2Answer> {
  const deadlineMs = client.deadlineMs();
  for (;;) {
    const connection = await pool.connection();
    try {
      return await connection.request(request, deadlineMs).whole;
    } catch (error) {
      if (!(error instanceof Returned)) throw error;
      client.tally.sentAway(error.words);
      if (performance.now() > deadlineMs) {
        throw new Loss("timeout", `${error.words}, again and again`);
      }
      await Bun.sleep(AFTER_RETURN_MS);
    }
  }
}
