// Requests of a client on its connection, and what counts as their answer.
import { type AnswerHead, AnswerReader } from "./answer-reader.ts";
import type { Client, Prepared } from "./client.ts";
import { readAnswer } from "./http.ts";
import { howEnded } from "./line.ts";
import { Loss } from "./loss.ts";
import type { PlannedPath } from "./plan.ts";
import type { RawSocket } from "./raw-socket.ts";

/**
 * Sends a request on a connection, and counts its answer.
 * @param how since when its time counts, if not from now; whether the connection was used before
 */
export async function ask(
  client: Client,
  socket: RawSocket,
  request: Prepared,
  how: { readonly sinceMs?: number; readonly isReused?: boolean } = {},
): Promise<AnswerHead> {
  requireNothingMore(socket);
  const { sinceMs = client.begin(), isReused = false } = how;
  socket.send(request.bytes);
  try {
    return await hear(client, socket, request, sinceMs);
  } catch (error) {
    throw isReused ? named(error, socket) : error;
  }
}

/** A request that is sent in parts. */
export interface Part {
  readonly request: Prepared;
  /** How many of its bytes have been sent. */
  readonly sent: number;
}

/**
 * Whether the rest of a request that is sent slowly can be sent. It cannot if the server has
 * answered before: then the rest is not for it. Throws a `Loss` if it has only ended.
 */
export function isUnanswered(socket: RawSocket, { request, sent }: Part): boolean {
  if (socket.hasUnread) return false;
  socket.requireOpen(`with ${sent} of ${request.bytes.length} bytes of the request sent`);
  return true;
}

/** Like `ask`, for the rest of a request. */
export function finish(client: Client, socket: RawSocket, part: Part): Promise<AnswerHead> {
  const { request, sent } = part;
  const sinceMs = client.begin();
  if (isUnanswered(socket, part)) socket.send(request.bytes.subarray(sent));
  return hear(client, socket, request, sinceMs);
}

async function hear(
  client: Client,
  socket: RawSocket,
  request: Prepared,
  sinceMs: number,
): Promise<AnswerHead> {
  const reader = new AnswerReader(request.method);
  const head = await readAnswer(socket, reader, client.deadlineMs());
  requireNothingMore(socket);
  judge(client, head, request, sinceMs);
  return head;
}

/** Throws a `Loss` for what comes unasked, such as an answer twice. */
function requireNothingMore(socket: RawSocket): void {
  if (socket.hasUnread) throw new Loss("wrong", "bytes that answer nothing");
}

/** Counts a whole answer. Throws a `Loss` for another status than before the load. */
export function judge(
  client: Client,
  head: AnswerHead,
  { method, path }: Prepared,
  sinceMs: number,
): void {
  requireStatus(head, method, path);
  client.answered(sinceMs);
}

/** Throws a `Loss` for another status than before the load. */
export function requireStatus(
  { status }: Pick<AnswerHead, "status">,
  method: string,
  { path, statuses }: PlannedPath,
): void {
  if (statuses.includes(status)) return;
  throw new Loss("wrong", `${status} for ${method} ${path}, which was ${statuses.join(", ")}`);
}

/**
 * A kept connection that ends without a byte of the answer: the server closed it while the request
 * was on its way.
 */
function named(error: unknown, socket: RawSocket): unknown {
  if (!(error instanceof Loss) || socket.ended === undefined) return error;
  if (socket.receivedSinceSend > 0) return error;
  return new Loss(error.kind, `${howEnded(socket.ended)} as the request was sent`);
}
