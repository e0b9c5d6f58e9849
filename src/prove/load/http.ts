// HTTP/1.1 on a raw socket: one request out, one whole answer in.
import { type AnswerHead, AnswerReader } from "./answer-reader.ts";
import type { Endpoint } from "./endpoint.ts";
import { mergedHeaders } from "./plan.ts";
import { RawSocket } from "./raw-socket.ts";

export interface Reply extends AnswerHead {
  readonly body: Uint8Array;
  readonly text: string;
}

export interface Request {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
}

const DEFAULT_TIMEOUT_MS = 15_000;

/** The bytes of a request's head. `Content-Length` follows the body when it is not given. */
export function requestHead(request: Request): string {
  const headers = mergedHeaders({ Host: "localhost" }, request.headers ?? {});
  if (request.body !== undefined && headers["Content-Length"] === undefined) {
    headers["Content-Length"] = String(Buffer.byteLength(request.body));
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${request.method ?? "GET"} ${request.path} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

/** All bytes of a request. */
export function requestBytes(request: Request): Uint8Array {
  const head = Buffer.from(requestHead(request));
  return request.body === undefined ? head : Buffer.concat([head, Buffer.from(request.body)]);
}

/** Sends a request and reads the whole reply to it. */
export async function exchange(
  socket: RawSocket,
  request: Request,
  timeoutMs = DEFAULT_TIMEOUT_MS,
): Promise<Reply> {
  socket.send(requestBytes(request));
  return readReply(socket, performance.now() + timeoutMs, request.method);
}

/** One request on a connection of its own, for a single answer. */
export async function ask(
  address: { host?: string; port: number } | Endpoint,
  request: Request | string = "/",
  timeoutMs = DEFAULT_TIMEOUT_MS,
): Promise<Reply> {
  using socket = await RawSocket.open({ host: "127.0.0.1", ...address });
  const full = typeof request === "string" ? { path: request } : request;
  return await exchange(socket, full, timeoutMs);
}

export async function readReply(
  socket: RawSocket,
  deadlineMs: number,
  method = "GET",
): Promise<Reply> {
  const pieces: Uint8Array[] = [];
  const reader = new AnswerReader(method, (piece) => pieces.push(piece));
  const head = await readAnswer(socket, reader, deadlineMs);
  const body = Buffer.concat(pieces);
  return { ...head, body, text: new TextDecoder().decode(body) };
}

/** Gives the reader what comes until the answer is whole. Throws a `Loss` if it does not get so. */
export async function readAnswer(
  socket: RawSocket,
  reader: AnswerReader,
  deadlineMs: number,
): Promise<AnswerHead> {
  for (;;) {
    if (reader.isWhole && reader.head !== undefined) return reader.head;
    await readPiece(socket, reader, deadlineMs);
  }
}

/** Gives the reader what comes until it has the head; a body may have begun. */
export async function readHead(
  socket: RawSocket,
  reader: AnswerReader,
  deadlineMs: number,
): Promise<AnswerHead> {
  while (reader.head === undefined) await readPiece(socket, reader, deadlineMs);
  return reader.head;
}

/** Gives the reader what has come, or what comes next. */
export async function readPiece(
  socket: RawSocket,
  reader: AnswerReader,
  deadlineMs: number,
): Promise<void> {
  const bytes = await socket.takeSome(deadlineMs);
  if (bytes !== undefined) socket.putBack(bytes.subarray(reader.take(bytes)));
  // Where the end of the connection is the end of the answer, the server must have said it.
  else if (!reader.close() || socket.ended?.isAbrupt === true) throw socket.lossOfEnd();
  if (!reader.isWhole) socket.requireTime(deadlineMs);
}
