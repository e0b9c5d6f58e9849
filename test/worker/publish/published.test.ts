// What is published: as Bun takes it, as it travels, and as it reaches the WebSockets elsewhere.
import { afterAll, describe, expect, test } from "bun:test";
import { encodeFrame, FrameReader } from "../../../src/worker/links/frames.ts";
import { History } from "../../../src/worker/publish/history.ts";
import {
  bodyOf,
  deliverReceived,
  headerOf,
  publishedBy,
} from "../../../src/worker/publish/published.ts";

const got: unknown[] = [];
let more = Promise.withResolvers<void>();
const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch: (request, bun) => (bun.upgrade(request) ? undefined : new Response()),
  websocket: {
    perMessageDeflate: true,
    open: (socket) => void socket.subscribe("news"),
    message() {},
  },
});
const client = new WebSocket(`ws://127.0.0.1:${server.port}/`);
client.binaryType = "arraybuffer";
client.addEventListener("message", ({ data }) => {
  got.push(data instanceof ArrayBuffer ? [...new Uint8Array(data)] : data);
  more.resolve();
});
await new Promise((resolve) => void client.addEventListener("open", resolve));
afterAll(() => server.stop(true));

/** What the client gets of that. */
async function delivered(): Promise<unknown> {
  while (got.length === 0) {
    more = Promise.withResolvers();
    await more.promise;
  }
  return got.shift();
}

const history = new History("0", false);
const bytes = new Uint8Array([1, 2, 3, 255]);

describe.each([
  ["a text", "hello ü \u{1F600}"],
  ["an empty text", ""],
  ["half a character", "a\ud800b"],
  ["a number", 5],
  ["null", null],
  ["an object", { a: 1 }],
  ["bytes", bytes],
  ["a part of bytes", bytes.subarray(1, 3)],
  ["an ArrayBuffer", bytes.buffer],
  ["numbers of two bytes", new Uint16Array([1, 2])],
  ["a DataView", new DataView(bytes.buffer, 2)],
  ["a Buffer", Buffer.from("buffer")],
  ["memory that is shared", new SharedArrayBuffer(3)],
  ["a Blob", new Blob(["blob"])],
])("%s", (_, data) => {
  test.each([undefined, true, false])(
    "compress %p reaches others as Bun sends it",
    async (compress) => {
      server.publish("news", data as string, compress);
      const expected = await delivered();
      const message = await publishedBy("news", data, compress);
      const frame = encodeFrame("publish", headerOf(message, 1), bodyOf(message));
      new FrameReader().take(frame, (it) => deliverReceived([server], history, 3, it));
      expect(await delivered()).toEqual(expected);
      expect(message.compress).toBe(compress === true);
    },
  );
});

test.each([
  ["a topic that nobody here has subscribed to", { topic: "other" }],
  ["no topic", {}],
])("a message on %s reaches nobody", async (_, header) => {
  deliverReceived([server], history, 3, { header, body: bytes });
  const last = { header: { topic: "news", number: 9 }, body: Buffer.from("last") };
  deliverReceived([server], history, 3, last);
  expect(await delivered()).toBe("last");
  expect(got).toEqual([]);
});
