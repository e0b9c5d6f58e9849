// The upgrade request of a client, kept as text, so that a new version can be asked by it too.
import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** By this header an app can tell that the client is connected already. */
export const RESUME_HEADER = "pounce-resume";
/** Between us and ourselves: which connection is asked for. An app never sees it. */
export const CARRY_HEADER = "pounce-carry";
const LEFT_OUT: ReadonlySet<string> = new Set([
  RESUME_HEADER,
  CARRY_HEADER,
  // What was agreed on with the client is that nothing is compressed, and a new version might agree
  // on something else.
  "sec-websocket-extensions",
  // The client waits for nothing any more.
  "expect",
]);

/** All that is needed of it: the request line, and the headers, without the empty line. */
export function handshakeOf(request: Request): string {
  const { url, method } = request;
  const path = url.indexOf("/", url.indexOf("://") + 3);
  const lines = [`${method} ${path < 0 ? "/" : url.slice(path)} HTTP/1.1\r\n`];
  for (const [name, value] of request.headers) {
    if (!LEFT_OUT.has(name)) lines.push(`${name}: ${value}\r\n`);
  }
  // One text. A sum of texts would keep each of them, for as long as the connection is open.
  return lines.join("");
}

/** The same for a request of node:http. */
export function handshakeOfNode({ method, url, rawHeaders }: IncomingMessage): string {
  let text = `${method} ${url} HTTP/1.1\r\n`;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name = "", value = ""] = rawHeaders.slice(at, at + 2);
    if (!LEFT_OUT.has(name.toLowerCase())) text += `${name}: ${value}\r\n`;
  }
  return text;
}

/** The same request, as it is asked once more. @param token tells us which connection it is */
export function askedAgain(handshake: string, token: string): Buffer {
  const own = `${RESUME_HEADER}: 1\r\n${CARRY_HEADER}: ${token}\r\n`;
  return Buffer.from(`${handshake}${own}\r\n`, "latin1");
}

/** A request of our own for a WebSocket. */
export function ownHandshake(path: string): string {
  const key = randomBytes(16).toString("base64");
  return (
    `GET ${path} HTTP/1.1\r\nhost: pounce\r\nupgrade: websocket\r\nconnection: Upgrade\r\n` +
    `sec-websocket-version: 13\r\nsec-websocket-key: ${key}\r\n`
  );
}

/** What the answer to it was: whether the app has upgraded; `undefined`: it is not there yet. */
export function readAnswer(
  text: string,
): { readonly isUpgraded: boolean; readonly status: string } | undefined {
  if (!text.includes("\r\n\r\n")) return undefined;
  const status = text.slice(9, 12);
  return { isUpgraded: text.startsWith("HTTP/1.1 101 "), status };
}
