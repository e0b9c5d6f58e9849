// What Bun does with responses, and does not document: marking, measuring and passing on rest on
// it. With another version of Bun this is to be looked at first.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, openSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exchange, RawSocket, type Reply } from "../helpers/requests.ts";

const folder = mkdtempSync(join(tmpdir(), "pounce-bun-"));
const image = join(folder, "image.png");
/** Opened by descriptor alone: Bun still closes descriptors of the image when its answers end. */
const given = join(folder, "given.png");
beforeAll(() => {
  for (const path of [image, given]) writeFileSync(path, Buffer.alloc(100_000, "image"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const error = (): Response => new Response("not sent", { status: 500 });

/** Bun's answers to requests one after another, for what a handler returns. */
async function answers(handler: () => unknown, count = 1, request = {}): Promise<Reply[]> {
  const fetch = handler as () => Response;
  const server = Bun.serve({ port: 0, development: false, fetch, error });
  using socket = await RawSocket.connect("127.0.0.1", server.port ?? 0);
  const replies: Reply[] = [];
  while (replies.length < count) replies.push(await exchange(socket, { path: "/", ...request }));
  await server.stop(true);
  return replies;
}

async function answer(handler: () => unknown, request = {}): Promise<Reply> {
  const [reply] = await answers(handler, 1, request);
  if (reply === undefined) throw new Error("no answer");
  return reply;
}

/** What a response has inside, past what `headers` shows. */
function inside(response: Response): Headers {
  return new Response(null, response).headers;
}

describe("a response that is returned for many requests", () => {
  test("is sent again if it has no body, its headers once", async () => {
    const shared = new Response(null, { headers: { "x-once": "1" } });
    const replies = await answers(() => shared, 2);
    expect(replies.map(({ status, headers }) => [status, headers.has("x-once")])).toEqual([
      [200, true],
      [200, false],
    ]);
  });

  test("has what is set later not inside, if `headers` was looked at before", async () => {
    const shared = new Response(null, { headers: { "x-once": "1" } });
    expect(shared.headers.get("x-once")).toBe("1");
    await answers(() => shared);
    shared.headers.set("connection", "close");
    expect(shared.headers.has("connection")).toBe(true);
    expect(inside(shared).has("connection")).toBe(false);
  });

  test("is an error if it has a body", async () => {
    const shared = new Response("text");
    expect((await answers(() => shared, 2)).map(({ status }) => status)).toEqual([200, 500]);
  });
});

test("a header that is set on a fresh response is inside", () => {
  const response = new Response("text");
  response.headers.set("connection", "close");
  expect(inside(response).get("connection")).toBe("close");
});

const file = (): Response => new Response(Bun.file(image));
const part = (): Response => new Response(Bun.file(image).slice(2, 6));
const looked = (response: Response): Response => {
  void response.headers;
  return response;
};
const opened = (): Response =>
  new Response(Bun.file(openSync(given, "r")), { headers: { "content-type": "image/png" } });

describe("looking at the headers", () => {
  test("makes 200 of the 206 of a part of a file", async () => {
    expect((await answer(part)).status).toBe(206);
    expect((await answer(() => looked(part()))).status).toBe(200);
  });

  test("adds a type to the answer to a HEAD", async () => {
    const head = { method: "HEAD" };
    expect((await answer(file, head)).headers.has("content-type")).toBe(false);
    expect((await answer(() => looked(file()), head)).headers.has("content-type")).toBe(true);
  });

  test("is not what copying, cloning and the status do", async () => {
    const response = part();
    inside(response);
    void response.status;
    await response.clone().blob();
    expect((await answer(() => response)).status).toBe(206);
  });
});

test("a direct stream with room for all of it is sent with its length, and no type", async () => {
  const bytes = new Uint8Array(300_000);
  const pull = (controller: ReadableStreamDirectController): void => {
    controller.write(bytes);
    void controller.end();
  };
  const source = { type: "direct", pull } as never;
  const { headers } = await answer(
    () => new Response(new ReadableStream(source, { highWaterMark: bytes.length + 1 })),
  );
  expect([headers.get("content-length"), headers.has("content-type")]).toEqual(["300000", false]);
});

/** How many descriptors of this process are of the file that is only opened by descriptor. */
function openToGiven(): number {
  return readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === given;
    } catch {
      return false;
    }
  }).length;
}

describe("a file that is given by a descriptor", () => {
  test("is sent with its length and without its name, and left open", async () => {
    const before = openToGiven();
    const { headers, body } = await answer(opened);
    expect(headers.has("content-disposition")).toBe(false);
    expect([headers.get("content-length"), body.length]).toEqual(["100000", 100_000]);
    expect(openToGiven()).toBe(before + 1);
  });

  test("is cut to the range that is asked for", async () => {
    const { status, headers, text } = await answer(opened, { headers: { Range: "bytes=0-4" } });
    const range = headers.get("content-range");
    expect([status, range, text]).toEqual([206, "bytes 0-4/100000", "image"]);
  });
});
