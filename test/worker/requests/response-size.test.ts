// The size of a response's body, known without sending it, or with.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { responseSize } from "../../../src/worker/requests/response-size.ts";

const folder = mkdtempSync(join(tmpdir(), "pounce-size-"));
const page = join(folder, "page.html");
beforeAll(() => writeFileSync(page, "<p>é</p>"));
afterAll(() => rmSync(folder, { recursive: true }));

const typed = (body: BodyInit): Response =>
  new Response(body, { headers: { "content-type": "text/html" } });
const stream = (): ReadableStream =>
  new ReadableStream({
    start(controller) {
      controller.enqueue("x");
      controller.close();
    },
  });

const direct = (): ReadableStream =>
  new ReadableStream({
    type: "direct",
    pull: (controller: ReadableStreamDirectController) => {
      controller.write("x");
      void controller.end();
    },
  } as never);
async function* lines() {
  yield "x";
}

const bodies: Record<string, { make: () => Response; size: number | undefined }> = {
  "no body": { make: () => new Response(null), size: 0 },
  "an empty text": { make: () => new Response(""), size: 0 },
  "no bytes": { make: () => new Response(new Uint8Array(0)), size: 0 },
  "a generator": { make: () => new Response(lines() as never), size: undefined },
  "a direct stream": { make: () => new Response(direct()), size: undefined },
  "a short text": { make: () => new Response("hello"), size: 5 },
  "a long text": { make: () => new Response("x".repeat(100_000)), size: 100_000 },
  "a typed text": { make: () => typed("hello"), size: 5 },
  "a typed text of two bytes a character": { make: () => typed("é".repeat(100)), size: 200 },
  "a typed text of three bytes a character": { make: () => typed("漢".repeat(100)), size: 300 },
  JSON: { make: () => Response.json({ a: "é" }), size: 10 },
  bytes: { make: () => new Response(new Uint8Array(1000)), size: 1000 },
  "a blob": { make: () => new Response(new Blob(["abc"])), size: 3 },
  "a file": { make: () => new Response(Bun.file(page)), size: 9 },
  "a redirection": { make: () => Response.redirect("http://host/"), size: 0 },
  "a stream": { make: () => new Response(stream()), size: undefined },
  "a declared stream": {
    make: () => new Response(stream(), { headers: { "content-length": "1" } }),
    size: 1,
  },
  "a status without a body": { make: () => new Response(null, { status: 204 }), size: 0 },
};

/** What a client gets: the body and all headers but the date. */
async function received(response: Response): Promise<unknown> {
  const server = Bun.serve({ port: 0, fetch: () => response });
  const got = await fetch(server.url, { redirect: "manual" });
  const headers = [...got.headers].filter(([name]) => name !== "date");
  const body = await got.bytes();
  await server.stop(true);
  return { status: got.status, headers, body };
}

describe.each(Object.entries(bodies))("the size of %s", (_, { make, size }) => {
  test("is known without being sent", () => {
    expect(responseSize(new Request("http://host/"), make())).toBe(size as number);
  });

  test("is found out without changing what is sent", async () => {
    const measured = make();
    responseSize(new Request("http://host/"), measured);
    expect(await received(measured)).toEqual(await received(make()));
  });
});

test("the answer to a HEAD has no body", () => {
  const request = new Request("http://host/", { method: "HEAD" });
  expect(responseSize(request, new Response("hello"))).toBe(0);
});

test("what may be a part of a file, returned for a range, is not measured, as Bun would send it as the whole", async () => {
  const request = new Request("http://host/", { headers: { range: "bytes=1-3" } });
  const part = (): Response => new Response(Bun.file(page).slice(1, 4));
  const measured = part();
  expect(responseSize(request, measured)).toBeUndefined();
  expect(await received(measured)).toMatchObject({ status: 206, body: await part().bytes() });
  const withHeaders = new Response(Bun.file(page).slice(1, 4), { headers: { "x-a": "1" } });
  expect(responseSize(request, withHeaders)).toBe(3);
});
