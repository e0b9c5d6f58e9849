// The mode for event streams. A stream lasts until the client leaves. A server may end it, as
// `EventSource` then comes again by itself; but it must not cut it.
import { AnswerReader } from "../answer-reader.ts";
import { requireStatus } from "../asking.ts";
import type { Session } from "../client.ts";
import { EventStream } from "../event-stream.ts";
import { readHead, readPiece } from "../http.ts";
import { Loss } from "../loss.ts";

/** One stream. */
export const sse: Session = async (client) => {
  const request = client.prepare("GET", client.anyPath(), { Accept: "text/event-stream" });
  const sinceMs = client.begin();
  using socket = await client.connect();
  socket.send(request.bytes);
  const stream = new EventStream();
  const reader = new AnswerReader(request.method, (bytes) => stream.take(bytes));
  const head = await readHead(socket, reader, client.deadlineMs());
  requireStatus(head, request.method, request.path);
  const tookMs = client.heard() - sinceMs;
  const leaveMs = performance.now() + client.random.between(1000, 5000);
  while (!reader.isWhole && (await client.isReadable(socket, leaveMs))) {
    await readPiece(socket, reader, client.deadlineMs());
  }
  if (reader.isWhole && stream.isWithinEvent) throw new Loss("cut", "ended within an event");
  client.tally.count(tookMs);
  if (!reader.isWhole) return;
  client.tally.sentAway("the server ended the stream");
  await client.pause(client.random.between(20, 100));
};
