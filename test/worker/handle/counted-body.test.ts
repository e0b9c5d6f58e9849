// A body whose length is not known, counted while it is read.
import { describe, expect, test } from "bun:test";
import { countBody } from "../../../src/worker/handle/counted-body.ts";

const TYPE = "multipart/form-data; boundary=x";
const FORM = '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n';

/** A request with this body in parts. */
function requestWith(...parts: string[]): Request {
  const body = new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(Buffer.from(part));
      controller.close();
    },
  });
  return new Request("http://a/", { method: "POST", headers: { "content-type": TYPE }, body });
}

function counted(maxBytes: number, ...parts: string[]) {
  const request = requestWith(...parts);
  const refused: number[] = [];
  countBody(request, maxBytes, () => void refused.push(1));
  return { request, refused };
}

describe("a body of the most bytes", () => {
  test.each<[string, (request: Request) => Promise<unknown>, unknown]>([
    ["text", (it) => it.text(), "1234"],
    ["json", (it) => it.json(), 1234],
    ["bytes", async (it) => (await it.bytes()).length, 4],
    ["arrayBuffer", async (it) => (await it.arrayBuffer()).byteLength, 4],
    ["blob", async (it) => [(await it.blob()).size], [4]],
    ["body", async (it) => Bun.readableStreamToText(it.body as ReadableStream), "1234"],
    ["clone", async (it) => [await it.clone().text(), await it.text()], ["1234", "1234"]],
  ])("is read by %s", async (_, read, expected) => {
    const { request, refused } = counted(4, "12", "34");
    expect(request.bodyUsed).toBe(false);
    expect(await read(request)).toEqual(expected);
    expect(request.bodyUsed).toBe(true);
    expect(refused).toEqual([]);
  });

  test("is read by formData", async () => {
    const { request } = counted(FORM.length, FORM);
    expect((await request.formData()).get("a")).toBe("1");
  });
});

describe("a larger body", () => {
  test.each<[string, (request: Request) => Promise<unknown>]>([
    ["text", (it) => it.text()],
    ["json", (it) => it.json()],
    ["a clone", (it) => it.clone().bytes()],
    ["body", async (it) => Bun.readableStreamToText(it.body as ReadableStream)],
  ])("fails when it is read by %s, and is told once", async (_, read) => {
    const { request, refused } = counted(3, "12", "34", "56");
    expect(read(request)).rejects.toThrow("larger than 3 bytes (max_request_size)");
    await read(request).catch(() => undefined);
    expect(refused).toEqual([1]);
  });

  test("that nobody reads is nobody's concern", async () => {
    const { refused } = counted(3, "123456");
    await new Promise(setImmediate);
    expect(refused).toEqual([]);
  });
});
