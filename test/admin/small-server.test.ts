// The server of the control socket and of the metrics: whoever is slow, silent or many is not
// waited for, and does not keep others from an answer.
import { afterEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Fetch,
  type Limits,
  serveFew,
  type SmallServer,
} from "../../src/admin/small-server.ts";

const LIMITS: Limits = { connections: 3, freshMs: 5000, requestMs: 5000, readMs: 5000 };

let close: (() => void) | undefined;
afterEach(() => close?.());

function serve(fetch: Fetch, limits: Partial<Limits> = {}) {
  const folder = mkdtempSync(join(tmpdir(), "pounce-small-"));
  const unix = join(folder, "s");
  const errors: unknown[] = [];
  const server: SmallServer = serveFew({ unix }, fetch, (error) => errors.push(error), {
    ...LIMITS,
    ...limits,
  });
  close = () => {
    void server.stop(true);
    rmSync(folder, { recursive: true });
  };
  const get = (path: string) => globalThis.fetch(`http://x${path}`, { unix });
  return { server, errors, unix, get };
}

/**
 * A connection that sends `text`; resolves with all that comes back when the server has closed it.
 */
async function talk(unix: string, text: string, { ends = false, reads = true } = {}) {
  const closed = Promise.withResolvers<string>();
  let heard = "";
  const socket = await Bun.connect({
    unix,
    socket: {
      data: (_socket, bytes) => void (heard += bytes.toString()),
      close: () => closed.resolve(heard),
    },
  });
  if (!reads) socket.pause();
  socket.write(text);
  if (ends) socket.shutdown();
  return { socket, closed: closed.promise };
}

const OK: Fetch = () => new Response("yes\n");

describe("a small server", () => {
  test("answers with status, headers and body, one request a connection", async () => {
    const { get } = serve((request) =>
      Response.json(
        { url: request.url, agent: request.headers.has("user-agent") },
        { status: 409 },
      ),
    );
    const response = await get("/a?b=c");
    expect(response.status).toBe(409);
    expect(response.headers.get("connection")).toBe("close");
    expect(await response.json()).toEqual({ url: "http://pounce/a?b=c", agent: true });
  });

  test("passes a stream on as it comes", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { get } = serve(
      () =>
        new Response(
          new ReadableStream({
            async start(controller) {
              controller.enqueue(Buffer.from("first\n"));
              await promise;
              controller.enqueue(Buffer.from("last\n"));
              controller.close();
            },
          }),
        ),
    );
    const response = await get("/");
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const first = await reader.read();
    expect(Buffer.from(first.value ?? []).toString()).toBe("first\n");
    resolve();
    expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe("last\n");
  });

  test("answers a client that has nothing more to say", async () => {
    const { unix } = serve(OK);
    const { closed } = await talk(unix, "GET / HTTP/1.0\r\n\r\n", { ends: true });
    expect(await closed).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nyes\n$/);
  });

  for (const [status, request] of [
    [400, "nonsense\r\n\r\n"],
    [400, "GET / HTTP/1.1\r\nno colon\r\n\r\n"],
    [413, "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"],
    [413, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"],
    [431, `GET / HTTP/1.1\r\nx: ${"x".repeat(9000)}\r\n`],
  ] as const) {
    test(`refuses ${JSON.stringify(request.slice(0, 40))} with ${status}`, async () => {
      const { unix } = serve(OK);
      const { closed } = await talk(unix, request, { ends: true });
      expect(await closed).toStartWith(`HTTP/1.1 ${status} `);
    });
  }

  test("tells of an error, and goes on", async () => {
    const { get, errors } = serve(() => {
      throw new Error("a fault");
    });
    expect((await get("/")).status).toBe(500);
    expect((await get("/")).status).toBe(500);
    expect(errors).toHaveLength(2);
  });

  test("ends the silent client that came first, where there is no room", async () => {
    const { unix, get } = serve(OK, { freshMs: 1 });
    const silent = [];
    for (let n = 0; n < LIMITS.connections; n++) silent.push(await talk(unix, "GET /"));
    await Bun.sleep(5);
    expect(await (await get("/")).text()).toBe("yes\n");
    expect(await silent[0]?.closed).toBe("");
    for (const { socket } of silent) socket.terminate();
  });

  test("ends none that has just come, as it is about to say more", async () => {
    const { unix, get } = serve(OK);
    const silent = [];
    for (let n = 0; n < LIMITS.connections; n++) silent.push(await talk(unix, "GET /"));
    expect((await get("/")).status).toBe(503);
    for (const { socket } of silent) socket.terminate();
  });

  test("refuses more than it can answer, and ends nobody who waits for an answer", async () => {
    const { promise, resolve } = Promise.withResolvers<Response>();
    const asked: string[] = [];
    const { unix } = serve((request) => {
      asked.push(request.url);
      return promise.then((response) => response.clone());
    });
    const waiting = [];
    for (let n = 0; n < 3; n++) waiting.push(await talk(unix, "GET / HTTP/1.1\r\n\r\n"));
    while (asked.length < 3) await Bun.sleep(1);
    const { closed } = await talk(unix, "GET / HTTP/1.1\r\n\r\n", { ends: true });
    expect(await closed).toStartWith("HTTP/1.1 503 ");
    resolve(new Response("at last"));
    for (const one of waiting) {
      one.socket.shutdown();
      expect(await one.closed).toContain("at last");
    }
  });

  test("ends who does not ask, and who does not read, in time", async () => {
    const asked = Promise.withResolvers<void>();
    const answer: Fetch = () => {
      asked.resolve();
      return new Response("x".repeat(4_000_000));
    };
    const { unix } = serve(answer, { requestMs: 200, readMs: 200 });
    const deaf = await talk(unix, "GET / HTTP/1.1\r\n\r\n", { reads: false });
    await asked.promise;
    // They come after it, and are ended after it.
    const silent = [await talk(unix, "GET"), await talk(unix, "GET")];
    for (const { closed } of silent) expect(await closed).toBe("");
    deaf.socket.resume();
    expect((await deaf.closed).length).toBeLessThan(4_000_000);
  });
});
