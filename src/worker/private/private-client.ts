// One request to a server of Bun in this process. It does not use `fetch`, which allows no more
// than 256 requests at a time, the app's own included, and which the environment may send through a
// proxy.
//
// The request uses HTTP/1.0, so that a body of unknown length ends with the connection, and no
// chunks need to be joined.
import { NativeResponse } from "../http/native.ts";

export type Where =
  { readonly unix: string } | { readonly hostname: string; readonly port: number };

const HEAD_END = "\r\n\r\n";
/** They have no body, whatever their headers say. */
const NO_BODY = new Set([204, 205, 304]);

/** @param head of the request, up to the empty line, which is added */
export function exchange(where: Where, head: string): Promise<Response> {
  const { promise, resolve, reject } = Promise.withResolvers<Response>();
  const isHead = head.startsWith("HEAD ");
  let before: Buffer = Buffer.alloc(0);
  let body: ReadableStreamDefaultController<Uint8Array> | undefined;
  let left = Infinity;
  const begin = (socket: Bun.Socket<unknown>): void => {
    const end = before.indexOf(HEAD_END);
    if (end < 0) return;
    const { status, statusText, headers } = readHead(before.toString("latin1", 0, end));
    const length = headers.get("content-length");
    const hasBody = !isHead && !NO_BODY.has(status);
    left = hasBody ? Number(length ?? Infinity) : 0;
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => void (body = controller),
      pull: () => void socket.resume(),
      cancel: () => void socket.terminate(),
    });
    resolve(new NativeResponse(hasBody ? stream : null, { status, statusText, headers }));
    take(socket, before.subarray(end + HEAD_END.length));
  };
  const take = (socket: Bun.Socket<unknown>, bytes: Uint8Array): void => {
    left -= bytes.length;
    if (bytes.length > 0) body?.enqueue(bytes);
    if (left <= 0) socket.end();
    else if ((body?.desiredSize ?? 1) <= 0) socket.pause();
  };
  const close = (): void => {
    if (body === undefined) return reject(new Error("the private server has not answered"));
    try {
      if (left > 0 && left < Infinity) body.error(new Error("the private server's answer is cut"));
      else body.close();
    } catch {
      // Its reader has given it up.
    }
  };
  const socket: Bun.SocketHandler = {
    open: (opened) => void opened.write(Buffer.from(`${head}${HEAD_END}`, "latin1")),
    data(opened, bytes) {
      if (body !== undefined) return take(opened, bytes);
      before = before.length === 0 ? bytes : Buffer.concat([before, bytes]);
      begin(opened);
    },
    close,
  };
  Bun.connect({ ...where, socket } as Bun.UnixSocketOptions<undefined>).catch(reject);
  return promise;
}

function readHead(text: string): { status: number; statusText: string; headers: Headers } {
  const [first = "", ...lines] = text.split("\r\n");
  const headers = new Headers();
  for (const line of lines) {
    const colon = line.indexOf(":");
    headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return { status: Number(first.slice(9, 12)), statusText: first.slice(13), headers };
}
