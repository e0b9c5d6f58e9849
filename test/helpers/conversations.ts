// What clients say to the programs in test/apps/features, byte by byte, and what they hear, as text
// to be compared. Each request has a connection of its own, but for those that are sent together.
import { RawSocket } from "../../src/prove/load/raw-socket.ts";
import { takeLine, takeRest } from "./lines.ts";

const TIMEOUT_MS = 20_000;

/** Opens a connection to the program, from which it has not heard anything yet. */
export type Connect = () => Promise<RawSocket>;

/** Says something to a program, and tells what has been heard. */
export type Conversation = (connect: Connect) => Promise<string>;

export interface Said {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly version?: "1.0" | "1.1";
}

function bytesOf({ method = "GET", path, headers = {}, body, version = "1.1" }: Said): string {
  const length = body === undefined ? {} : { "Content-Length": `${Buffer.byteLength(body)}` };
  const all = Object.entries({ Host: "localhost", ...length, ...headers });
  const lines = all.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return `${method} ${path} HTTP/${version}\r\n${lines}\r\n${body ?? ""}`;
}

/** Requests one after another, each on a new connection. */
function ask(...requests: readonly Said[]): Conversation {
  return async (connect) => {
    const heard: string[] = [];
    for (const request of requests) {
      using socket = await connect();
      socket.send(bytesOf(request));
      heard.push(await answer(socket, request.method));
    }
    return heard.join("\n---\n");
  };
}

/** An answer with what comes before it (1xx), and how its body ends. */
async function answer(socket: RawSocket, method = "GET"): Promise<string> {
  const deadlineMs = performance.now() + TIMEOUT_MS;
  try {
    const lines = await head(socket, deadlineMs);
    const status = Number(lines[0]?.slice(9, 12));
    if (status < 200 && status !== 101) {
      return `${lines.join("\n")}\n---\n${await answer(socket, method)}`;
    }
    const isEmpty = method === "HEAD" || [101, 204, 304].includes(status);
    const rest = isEmpty ? "" : await bodyOf(socket, lines, deadlineMs);
    return `${lines.join("\n")}\n\n${rest}`;
  } catch (error) {
    return `no answer: ${String(error).replace(/after \d+ bytes/, "after some bytes")}`;
  }
}

/** The lines of a head, as they have come. */
async function head(socket: RawSocket, deadlineMs: number): Promise<string[]> {
  const first = await takeLine(socket, deadlineMs);
  const lines: string[] = [];
  for (;;) {
    const line = await takeLine(socket, deadlineMs);
    if (line === "") return [first, ...lines];
    lines.push(line);
  }
}

function headerOf(lines: readonly string[], name: string): string | undefined {
  const found = lines.find((line) => line.toLowerCase().startsWith(`${name}:`));
  return found?.slice(name.length + 1).trim();
}

async function bodyOf(
  socket: RawSocket,
  lines: readonly string[],
  deadlineMs: number,
): Promise<string> {
  if (headerOf(lines, "transfer-encoding") === "chunked") return chunks(socket, deadlineMs);
  const length = headerOf(lines, "content-length");
  if (length !== undefined) return shown(await socket.take(Number(length), deadlineMs));
  return `${shown(await takeRest(socket, deadlineMs))} (to the end of the connection)`;
}

async function chunks(socket: RawSocket, deadlineMs: number): Promise<string> {
  const parts: Uint8Array[] = [];
  for (;;) {
    const size = Number.parseInt(await takeLine(socket, deadlineMs), 16);
    if (size === 0) break;
    parts.push(await socket.take(size, deadlineMs));
    await takeLine(socket, deadlineMs);
  }
  const trailers: string[] = [];
  for (let line = ""; (line = await takeLine(socket, deadlineMs)) !== "";) trailers.push(line);
  return [`${shown(Buffer.concat(parts))} (in chunks)`, ...trailers].join("\n");
}

function shown(bytes: Uint8Array): string {
  if (bytes.length > 2000) return `${bytes.length} bytes, ${Bun.hash(bytes)}`;
  return Buffer.from(bytes).toString("latin1");
}

const node = (name: string, more: Partial<Said> = {}): Said => ({ path: `/node/${name}`, ...more });

/** What the program has noted, once it has noted what is waited for, or long enough has passed. */
async function noted(connect: Connect, isAll: RegExp): Promise<string> {
  let all = "";
  for (let tries = 0; tries < 30 && !isAll.test(all); tries += 1) {
    if (tries > 0) await Bun.sleep(50);
    using socket = await connect();
    socket.send(bytesOf(node("seen")));
    all += (await answer(socket)).split("\n\n").at(-1);
  }
  return all.replaceAll("[]", "");
}

/** Asks for what never answers, goes away, and asks what the program has seen of that. */
function goingAway(request: Said, whileUploading = false): Conversation {
  return async (connect) => {
    const socket = await connect();
    const bytes = bytesOf(request);
    socket.send(whileUploading ? bytes.slice(0, -5) : bytes);
    await Bun.sleep(150);
    socket.close();
    return noted(connect, /response close/);
  };
}

/** Reads nothing of a large answer until the program must have noticed that. */
async function slowReader(connect: Connect): Promise<string> {
  using socket = await connect();
  socket.pause();
  socket.send(bytesOf(node("big")));
  await Bun.sleep(500);
  socket.resume();
  const heard = await answer(socket);
  return `${heard}\n${await noted(connect, /waited/)}`;
}

/** Several requests in one piece. */
function together(...requests: readonly Said[]): Conversation {
  return async (connect) => {
    using socket = await connect();
    socket.send(requests.map(bytesOf).join(""));
    const heard: string[] = [];
    for (const { method } of requests) heard.push(await answer(socket, method));
    return heard.join("\n---\n");
  };
}

/** Waits for `100 Continue` before it sends the body. */
async function expecting(connect: Connect): Promise<string> {
  using socket = await connect();
  const bytes = bytesOf(
    node("body", { method: "POST", body: "expected", headers: { Expect: "100-continue" } }),
  );
  socket.send(bytes.slice(0, -"expected".length));
  const first = await head(socket, performance.now() + TIMEOUT_MS);
  socket.send("expected");
  return `${first.join("\n")}\n---\n${await answer(socket)}`;
}

/** The count in a session that begins with the first answer's cookie. */
async function session(connect: Connect): Promise<string> {
  using first = await connect();
  first.send(bytesOf({ path: "/session" }));
  const heard = await answer(first);
  const cookie = /^set-cookie: ([^;]+)/im.exec(heard)?.[1] ?? "none";
  const again = await ask({ path: "/session", headers: { Cookie: cookie } })(connect);
  return `${heard}\n---\n${again}`;
}

/** Asks for the same with the validators of the first answer. */
function validating(path: string): Conversation {
  return async (connect) => {
    const heard = await ask({ path })(connect);
    const etag = /^etag: (.*)$/im.exec(heard)?.[1] ?? '"none"';
    const date = /^last-modified: (.*)$/im.exec(heard)?.[1] ?? "Thu, 01 Jan 2026 00:00:00 GMT";
    const again: Record<string, string>[] = [
      { "If-None-Match": etag },
      { "If-Modified-Since": date },
      { "If-None-Match": '"other"' },
      { "If-Range": etag, Range: "bytes=2-5" },
      { "If-Range": '"other"', Range: "bytes=2-5" },
    ];
    return `${heard}\n---\n${await ask(...again.map((headers) => ({ path, headers })))(connect)}`;
  };
}

const BOUNDARY = "----boundary";
const MULTIPART: Said = {
  method: "POST",
  path: "/multipart",
  headers: { "Content-Type": `multipart/form-data; boundary=${BOUNDARY}` },
  body: [
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="field"\r\n\r\nvalue\r\n`,
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a b.txt"\r\n`,
    `Content-Type: text/plain\r\n\r\n${"content of the file ".repeat(4000)}\r\n--${BOUNDARY}--\r\n`,
  ].join(""),
};

const JSON_TYPE = { "Content-Type": "application/json" };
const FORWARDED = {
  "X-Forwarded-For": "203.0.113.7, 10.0.0.1",
  "X-Forwarded-Proto": "https",
  "X-Forwarded-Host": "shop.example",
};
/** An upload in chunks, which come one by one, and what follows the last. */
function inChunks(headers: Said["headers"] = {}, trailer = ""): Conversation {
  return async (connect) => {
    using socket = await connect();
    const chunked = { "Transfer-Encoding": "chunked", ...headers };
    socket.send(bytesOf(node("body", { method: "POST", headers: chunked })));
    for (const part of ["5\r\nhello\r\n", "6\r\n wor", "ld\r\n", `0\r\n${trailer}\r\n`]) {
      await Bun.sleep(10);
      socket.send(part);
    }
    return answer(socket);
  };
}

export const CONVERSATIONS: Readonly<Record<string, Conversation>> = {
  "what the program sees of a request": ask(
    node("headers?a=1&b=%20c", {
      headers: { "x-Odd-CASE": "1", Cookie: "a=1; b=2", Accept: "*/*" },
    }),
    node("headers", { method: "DELETE" }),
    node("headers", { method: "OPTIONS" }),
    node("headers", { method: "PURGE" }),
  ),
  "status and reason": ask(node("status"), node("reason"), node("none")),
  "headers several times": ask(node("several"), node("raw"), node("invalid"), node("nodate")),
  "answers without a body": ask(node("204"), node("304"), node("status", { method: "HEAD" })),
  "ways of writing": ask(
    node("length"),
    node("chunks"),
    node("corked"),
    node("flushed"),
    node("piped"),
    node("length", { method: "HEAD" }),
    node("chunks", { method: "HEAD" }),
  ),
  trailers: ask(node("trailers"), { path: "/trailing" }),
  "1xx": ask(node("early"), node("processing"), { path: "/hints" }),
  "the program's word on the connection": ask(node("lives"), node("closes"), node("ends")),
  "a time limit of a response": ask(node("limited")),
  "responses that are cut": ask(node("destroyed"), node("cut"), { path: "/breaks" }),
  "writing after the end": async (connect) => {
    const heard = await ask(node("twice"))(connect);
    return `${heard}\n${await noted(connect, /sent/)}`;
  },
  "events of a response": async (connect) => {
    const heard = await ask(node("events"))(connect);
    return `${heard}\n${await noted(connect, /response close/)}`;
  },
  uploads: ask(
    node("body", { method: "POST", body: "an upload" }),
    node("body", { method: "PUT", body: "x".repeat(300_000) }),
    node("body", { method: "POST", body: "" }),
    node("status", { method: "POST", body: "nobody reads it" }),
    node("body", { body: "of a GET" }),
  ),
  "an upload in chunks": inChunks(),
  "an upload in chunks, with a trailer": inChunks({ Trailer: "X-Sum" }, "X-Sum: 11\r\n"),
  "Expect: 100-continue": expecting,
  "Expect: something else": ask(
    node("body", { method: "POST", body: "x", headers: { Expect: "202-maybe" } }),
  ),
  "a client that reads slowly": slowReader,
  "a client that goes away": goingAway(node("silent")),
  "a client that goes away in an answer": goingAway(node("silent?begins")),
  "a client that goes away in an upload": goingAway(
    node("silent?reads", { method: "POST", body: "0123456789" }),
    true,
  ),
  "requests in one piece": together(node("length"), node("chunks"), { path: "/text" }),
  "HTTP/1.0": ask(
    node("headers", { version: "1.0" }),
    node("chunks", { version: "1.0" }),
    node("length", { version: "1.0", headers: { Connection: "keep-alive" } }),
  ),
  "Connection: close": ask({ path: "/text", headers: { Connection: "close" } }),
  cookies: ask({ path: "/cookies", headers: { Cookie: "x=1; y=2" } }),
  "sessions in memory": session,
  redirects: ask({ path: "/redirect" }, { path: "/moved" }, { path: "/static" }),
  "behind a proxy": ask({ path: "/ip", headers: FORWARDED }, { path: "/ip" }),
  "a static file": validating("/static/text.txt"),
  "a text with a validator": validating("/text"),
  "parts of files": ask(
    ...["bytes=2-5", "bytes=-4", "bytes=90000-", "bytes=0-0,-1", "bytes=999999-", "lines=1-2"].map(
      (Range) => ({ path: "/static/image.bin", headers: { Range } }),
    ),
    { path: "/static/image.bin" },
    { path: "/static/image.bin", method: "HEAD" },
    { path: "/static/none.txt" },
    { path: "/static/../node.cjs" },
  ),
  downloads: ask({ path: "/download" }, { path: "/download", method: "HEAD" }),
  "bodies that are parsed": ask(
    { method: "POST", path: "/json", headers: JSON_TYPE, body: '{"a":[1]}' },
    { method: "POST", path: "/json", headers: JSON_TYPE, body: "{" },
    { method: "POST", path: "/json", body: "no type" },
  ),
  "multipart uploads": ask(MULTIPART, { ...MULTIPART, body: "--wrong" }),
  compression: ask(
    { path: "/compressed", headers: { "Accept-Encoding": "gzip" } },
    { path: "/compressed", headers: { "Accept-Encoding": "br, gzip;q=0.5" } },
    { path: "/compressed" },
    { path: "/compressed", method: "HEAD", headers: { "Accept-Encoding": "gzip" } },
  ),
  "res.flush": ask({ path: "/flush", headers: { "Accept-Encoding": "gzip" } }),
  "server-sent events": ask({ path: "/sse", headers: { Accept: "text/event-stream" } }),
  "other ways of answering": ask(
    { path: "/empty" },
    { path: "/jsonp?callback=f" },
    { path: "/format", headers: { Accept: "application/json" } },
    { path: "/format", headers: { Accept: "image/png" } },
    { path: "/streamed" },
    { path: "/number/7?q=x" },
    { path: "/number/seven" },
  ),
  errors: ask(
    { path: "/throws" },
    { path: "/rejects" },
    { path: "/next" },
    { path: "/no-such-path" },
    { path: "/text", method: "DELETE" },
    { path: "/%E0%A4%A" },
  ),
};
