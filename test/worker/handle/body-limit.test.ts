// What `max_request_size` goes by, from real servers of Bun: by each protocol, with the length of
// the body and without.
import { afterAll, expect, test } from "bun:test";
import { once } from "node:events";
import { connect } from "node:http2";
import { BodyLimit, NO_LIMIT } from "../../../src/worker/handle/body-limit.ts";
import { RequestCheck } from "../../../src/worker/handle/request-check.ts";
import { nativeServe } from "../../../src/worker/http/native.ts";
import { RawSocket, readReply } from "../../helpers/requests.ts";

const MOST_BYTES = 1000;

const check = new RequestCheck(new BodyLimit(MOST_BYTES, () => undefined));
const fetch = check.wrap(async (request) => new Response(`${(await request.bytes()).length} read`));
const fixed = { port: 0, hostname: "127.0.0.1", maxRequestBodySize: NO_LIMIT, fetch };
const server = nativeServe({ ...fixed, http2: true } as unknown as Bun.Serve.Options<unknown>);
const port = server.port ?? 0;
afterAll(() => server.stop(true));

async function byHttp1(length: string, bytes: number): Promise<unknown> {
  using socket = await RawSocket.connect("127.0.0.1", port);
  socket.send(`POST / HTTP/1.1\r\nHost: a\r\n${length}\r\n${"x".repeat(bytes)}`);
  const { status } = await readReply(socket, performance.now() + 5000);
  return status;
}

async function byHttp2(headers: Record<string, string>, bytes: number): Promise<unknown> {
  const session = connect(`http://127.0.0.1:${port}`);
  try {
    const stream = session.request({ ":method": "POST", ":path": "/", ...headers });
    stream.end("x".repeat(bytes));
    const [answer] = await once(stream, "response");
    return answer[":status"];
  } finally {
    session.destroy();
  }
}

// Bun passes on a Content-Length that comes twice, if both say the same.
const twice = (bytes: number): string => `Content-Length: ${bytes}\r\n`.repeat(2);

test.each<[string, (bytes: number) => Promise<unknown>]>([
  ["HTTP/1.1", (bytes) => byHttp1(`Content-Length: ${bytes}\r\n`, bytes)],
  ["HTTP/1.1, with a Content-Length that comes twice", (bytes) => byHttp1(twice(bytes), bytes)],
  ["HTTP/2", (bytes) => byHttp2({ "content-length": String(bytes) }, bytes)],
  ["HTTP/2, without any length", (bytes) => byHttp2({}, bytes)],
])("a body that is too large is refused by %s, and no other", async (_, upload) => {
  const statuses = [await upload(0), await upload(MOST_BYTES), await upload(MOST_BYTES + 1)];
  expect(statuses).toEqual([200, 200, 413]);
});
