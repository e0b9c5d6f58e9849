// As much HTTP/1.1 as a load client needs: requests as bytes, and where a response ends.

export const HOST = "127.0.0.1";

export function requestBytes(path: string, headers = ""): Uint8Array {
  return new TextEncoder().encode(`GET ${path} HTTP/1.1\r\nHost: ${HOST}\r\n${headers}\r\n`);
}

interface Reply {
  /** Bytes of head and body. */
  readonly length: number;
  readonly head: string;
  readonly body: string;
}

/** The response that `text` begins with, or undefined while it is not complete. ASCII only. */
export function parseReply(text: string): Reply | undefined {
  const headEnd = text.indexOf("\r\n\r\n");
  if (headEnd === -1) return undefined;
  const head = text.slice(0, headEnd);
  const bodyLength = Number(/^content-length: *(\d+)/im.exec(head)?.[1]);
  if (!head.startsWith("HTTP/1.1 200") || Number.isNaN(bodyLength)) {
    throw new Error(`not an answer that a benchmark expects:\n${text}`);
  }
  const length = headEnd + 4 + bodyLength;
  if (text.length < length) return undefined;
  return { length, head, body: text.slice(headEnd + 4, length) };
}

const CLOSING = "Connection: close\r\n";

/** One request on a new connection. Undefined when the connection is refused or lost. */
function askOnce(port: number, path = "/", headers = CLOSING): Promise<Reply | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply | undefined>();
  const request = requestBytes(path, headers);
  let text = "";
  const failed = (): void => resolve(undefined);
  const connecting = Bun.connect({
    hostname: HOST,
    port,
    socket: {
      open: (socket) => void socket.write(request),
      data(socket, chunk) {
        text += chunk.toString("latin1");
        try {
          const reply = parseReply(text);
          if (reply === undefined) return;
          resolve(reply);
        } catch (error) {
          reject(error as Error);
        }
        socket.end();
      },
      close: failed,
      error: failed,
      connectError: failed,
    },
  });
  connecting.catch(failed);
  return promise;
}

/** The length of the server's answer on a connection that stays open. */
export async function keepAliveLength(port: number, path: string): Promise<number> {
  const reply = await askOnce(port, path, "");
  if (reply === undefined) throw new Error(`no answer on port ${port}`);
  return reply.length;
}

const ANSWER_TIMEOUT_MS = 20_000;
/** Between connections that are refused: enough for the server to have the CPU. */
const REFUSED_PAUSE_MS = 1;

/** Asks back to back, each time on a new connection, until the wanted body comes, or any. */
export async function untilAnswer(port: number, body?: string): Promise<void> {
  const deadline = performance.now() + ANSWER_TIMEOUT_MS;
  for (;;) {
    const reply = await askOnce(port);
    if (reply !== undefined && (body === undefined || reply.body === body)) return;
    if (performance.now() > deadline) throw new Error(`no "${body ?? ""}" on port ${port}`);
    if (reply === undefined) await Bun.sleep(REFUSED_PAUSE_MS);
  }
}
