// The mode for event streams over HTTP/2: as over HTTP/1.1, a server may end a stream, but not cut
// it; a GOAWAY lets it go on.
import { requireStatus } from "../asking.ts";
import type { Client, Session } from "../client.ts";
import { EventStream } from "../event-stream.ts";
import { Pool } from "../h2/pool.ts";
import { type H2Head, Returned } from "../h2/stream.ts";
import { Loss } from "../loss.ts";

/** One stream. */
export const h2Sse: Session = async (client) => {
  const pool = new Pool(client);
  try {
    await readStream(client, pool);
  } catch (error) {
    if (!(error instanceof Returned)) throw error;
    client.tally.sentAway(error.words);
  } finally {
    pool.leave();
  }
};

async function readStream(client: Client, pool: Pool): Promise<void> {
  const path = client.anyPath();
  const headers = { Accept: "text/event-stream" };
  const request = pool.request(path, { method: "GET", headers });
  const events = new EventStream();
  const begun = Promise.withResolvers<H2Head>();
  const sinceMs = client.begin();
  const connection = await pool.connection();
  const stream = connection.request(request, client.deadlineMs(), {
    onHead: begun.resolve,
    onData: (bytes) => events.take(bytes),
  });
  requireStatus(await Promise.race([begun.promise, stream.whole]), "GET", path);
  const tookMs = client.heard() - sinceMs;
  // From now on it may be silent.
  stream.deadlineMs = Number.POSITIVE_INFINITY;
  const left = client.pause(client.random.between(1000, 5000)).then(() => "left" as const);
  const isLeft = (await Promise.race([stream.whole, left])) === "left";
  if (isLeft) connection.cancel(stream);
  else if (events.isWithinEvent) throw new Loss("cut", "ended within an event");
  client.tally.count(tookMs);
  if (isLeft) return;
  client.tally.sentAway("the server ended the stream");
  await client.pause(client.random.between(20, 100));
}
