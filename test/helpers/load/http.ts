// HTTP/1.1 written and read by hand on a raw socket: one request out, one whole reply in. A reply
// that ends before its body is complete is a loss, never a shorter reply.
import { Loss } from "./buckets.ts";
import { RawSocket } from "./raw-socket.ts";

export interface Reply {
  status: number;
  /** Names in lower case. */
  headers: Map<string, string>;
  body: Uint8Array;
  text: string;
  /** The server will close this connection: the next request needs a new one. */
  closes: boolean;
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
  const headers: Record<string, string> = { Host: "localhost", ...request.headers };
  if (request.body !== undefined && headers["Content-Length"] === undefined) {
    headers["Content-Length"] = String(Buffer.byteLength(request.body));
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${request.method ?? "GET"} ${request.path} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

/** Sends a request and reads the whole reply to it. */
export async function exchange(
  socket: RawSocket,
  request: Request,
  timeoutMs = DEFAULT_TIMEOUT_MS,
): Promise<Reply> {
  const head = Buffer.from(requestHead(request));
  socket.send(request.body === undefined ? head : Buffer.concat([head, Buffer.from(request.body)]));
  return readReply(socket, performance.now() + timeoutMs, request.method);
}

/** One request on a connection of its own, for tests that want a single answer. */
export async function ask(
  address: { host?: string; port: number },
  request: Request | string = "/",
  timeoutMs = DEFAULT_TIMEOUT_MS,
): Promise<Reply> {
  using socket = await RawSocket.connect(address.host ?? "127.0.0.1", address.port);
  const full = typeof request === "string" ? { path: request } : request;
  return await exchange(socket, full, timeoutMs);
}

export async function readReply(
  socket: RawSocket,
  deadlineMs: number,
  method = "GET",
): Promise<Reply> {
  let head = await readHead(socket, deadlineMs);
  while (head.status === 100) head = await readHead(socket, deadlineMs);
  const body = await readBody(socket, head, method, deadlineMs);
  const closes = head.headers.get("connection")?.toLowerCase() === "close" || body.untilClose;
  const text = new TextDecoder().decode(body.bytes);
  return { ...head, body: body.bytes, text, closes };
}

type Head = Pick<Reply, "status" | "headers">;

async function readHead(socket: RawSocket, deadlineMs: number): Promise<Head> {
  const statusLine = await socket.takeLine(deadlineMs);
  const status = /^HTTP\/1\.[01] (\d{3})\b/.exec(statusLine)?.[1];
  if (status === undefined) throw new Loss("wrong", `not a status line: "${statusLine}"`);
  const headers = new Map<string, string>();
  for (;;) {
    const line = await socket.takeLine(deadlineMs);
    if (line === "") return { status: Number(status), headers };
    const colon = line.indexOf(":");
    const [name, value] = [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
}

async function readBody(
  socket: RawSocket,
  head: Head,
  method: string,
  deadlineMs: number,
): Promise<{ bytes: Uint8Array; untilClose: boolean }> {
  const bodiless = method === "HEAD" || head.status === 101 || [204, 304].includes(head.status);
  if (bodiless) return { bytes: new Uint8Array(), untilClose: false };
  if (head.headers.get("transfer-encoding")?.toLowerCase() === "chunked") {
    return { bytes: await readChunks(socket, deadlineMs), untilClose: false };
  }
  const length = head.headers.get("content-length");
  if (length === undefined) return { bytes: await socket.takeRest(deadlineMs), untilClose: true };
  return { bytes: await socket.take(Number(length), deadlineMs), untilClose: false };
}

async function readChunks(socket: RawSocket, deadlineMs: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (;;) {
    const size = Number.parseInt(await socket.takeLine(deadlineMs), 16);
    if (Number.isNaN(size)) throw new Loss("wrong", "a chunk without a size");
    if (size === 0) break;
    chunks.push(await socket.take(size, deadlineMs));
    await socket.take(2, deadlineMs);
  }
  while ((await socket.takeLine(deadlineMs)) !== "");
  return Buffer.concat(chunks);
}
