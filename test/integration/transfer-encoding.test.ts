// After a request with Transfer-Encoding a connection ends with the answer: Bun's parser takes
// trailers for another request and answers it 400, which a proxy that goes on with the connection
// passes to somebody else.
import { afterAll, describe, expect, test } from "bun:test";
import { RawSocket, readReply, type Reply } from "../helpers/requests.ts";
import { type ServerProcess, startPounce, stopAllServers } from "../helpers/server.ts";
import { isMissing } from "../helpers/tools.ts";
import { startHaproxy } from "../helpers/haproxy.ts";

afterAll(stopAllServers);

const TIMEOUT_MS = 15_000;
const CHUNKED = "HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
const TRAILER = "X-Trailer: y\r\n\r\n";

const app = `
const shared = new Response(null, { status: 204, headers: { etag: "x" } });
const used = new Response("once");
const lines = async function* (request) {
  for await (const part of request.body) yield Buffer.from(part).toString().toUpperCase();
};
const answers = {
  "/read": async (request) => new Response(await request.text()),
  "/unread": () => new Response("unread"),
  "/empty": () => new Response(""),
  "/stream": () => new Response(new Blob(["streamed"]).stream()),
  "/generator": () => new Response((async function* () { yield "gene"; yield "rated"; })()),
  "/json": () => Response.json({}),
  "/file": () => new Response(Bun.file(import.meta.path)),
  "/shared": () => shared,
  "/redirect": () => Response.redirect("/read"),
  "/echo": (request) => new Response(request.body),
  "/lazy": (request) => new Response(lines(request)),
  "/used": () => used,
  "/used-stream": async () => {
    const response = new Response(new Blob(["once"]).stream());
    await response.text();
    return response;
  },
  "/gone": () => new Response(Bun.file("gone")),
  "/throws": () => { throw new Error("on purpose"); },
  "/rejects": async () => { throw new Error("on purpose"); },
};
const fetch = (request) => {
  const { pathname } = new URL(request.url);
  return (answers[pathname] ?? answers[pathname.slice(6)])(request);
};
const routes = Object.entries(answers).flatMap(([path, answer]) => [
  ["/route" + path, answer],
  ["/verbs" + path, { GET: answer, POST: answer }],
]);
export default { fetch, routes: Object.fromEntries(routes) };
`;

/** Sends the parts, the last one when the answer to the others has come, if `late`. */
async function send(server: ServerProcess, parts: string[], late = false): Promise<Reply> {
  using socket = await RawSocket.connect("127.0.0.1", server.port);
  const last = late ? (parts.pop() ?? "") : "";
  for (const part of parts) socket.send(part);
  const deadlineMs = performance.now() + TIMEOUT_MS;
  const reply = await readReply(socket, deadlineMs, parts[0]?.split(" ", 1)[0]);
  socket.send(last);
  await socket.untilEnded(deadlineMs);
  return reply;
}

test.concurrent(
  "the connection ends with the answer, whatever answers, and however",
  async () => {
    await using server = await startPounce({
      app,
      config: { workers: 1, health_check_path: "/health" },
    });
    const paths = [
      "read",
      "unread",
      "empty",
      "stream",
      "generator",
      "json",
      "file",
      "shared",
      "redirect",
      "used",
      "gone",
      "throws",
      "rejects",
    ];
    for (const path of ["", "/route", "/verbs"].flatMap((kind) =>
      paths.map((it) => `${kind}/${it}`),
    )) {
      const whole = await send(server, [`POST ${path} ${CHUNKED}2\r\nhi\r\n0\r\n\r\n`]);
      expect([path, whole.closes]).toEqual([path, true]);
      const early = await send(server, [`GET ${path} ${CHUNKED}0\r\n`, TRAILER], true);
      expect([path, early.closes]).toEqual([path, true]);
      const other = await send(server, [
        `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
      ]);
      expect([path, other.headers.get("etag")]).toEqual([path, whole.headers.get("etag")]);
    }
    for (const method of ["GET", "HEAD"]) {
      expect(
        (await send(server, [`${method} /health ${CHUNKED}0\r\n`, TRAILER], true)).closes,
      ).toBe(true);
    }
  },
  60_000,
);

test.concurrent(
  "a stream that is made of the upload is the whole of it",
  async () => {
    await using server = await startPounce({ app, config: { workers: 1 } });
    for (const [path, text] of [
      ["/echo", "one two"],
      ["/lazy", "ONE TWO"],
    ] as const) {
      using socket = await RawSocket.connect("127.0.0.1", server.port);
      socket.send(`POST ${path} ${CHUNKED}4\r\none \r\n`);
      await Bun.sleep(20);
      socket.send("3\r\ntwo\r\n0\r\n\r\n");
      const reply = await readReply(socket, performance.now() + TIMEOUT_MS);
      expect([reply.text, reply.closes]).toEqual([text, true]);
    }
  },
  60_000,
);

test.concurrent(
  "an upload that the app does not read is received all the same, and the answer after it",
  async () => {
    await using server = await startPounce({ app, config: { workers: 1 } });
    const chunk = `100000\r\n${"x".repeat(0x100000)}\r\n`;
    expect((await send(server, [`POST /used-stream ${CHUNKED}`, "0\r\n\r\n"])).status).toBe(500);
    const texts = { unread: "unread", empty: "", stream: "streamed", generator: "generated" };
    for (const [path, text] of Object.entries(texts)) {
      for (let round = 0; round < 10; round++) {
        const parts = [`POST /${path} ${CHUNKED}`, ...Array(8).fill(chunk), "0\r\n\r\n"];
        expect([path, (await send(server, parts)).text]).toEqual([path, text]);
      }
    }
  },
  60_000,
);

describe.skipIf(isMissing("haproxy"))("behind HAProxy", () => {
  test.concurrent(
    "nobody gets the answer that another client's trailers have",
    async () => {
      await using server = await startPounce({ app, config: { workers: 1 } });
      await using proxy = await startHaproxy(server, "http-reuse always");
      const untilMs = performance.now() + 2000;
      let [answers, attacks] = [0, 0];
      // On a busy machine that may take longer.
      const isEnough = (): boolean =>
        performance.now() > untilMs && Math.min(answers, attacks) > 100;
      const wrong: string[] = [];
      const victim = async (): Promise<void> => {
        using socket = await RawSocket.connect("127.0.0.1", proxy.port);
        while (!isEnough()) {
          socket.send("GET /json HTTP/1.1\r\nHost: a\r\n\r\n");
          const { status, text } = await readReply(socket, performance.now() + TIMEOUT_MS);
          if (status !== 200) wrong.push(`${status} ${text}`);
          answers++;
        }
      };
      const attacker = async (path: string): Promise<void> => {
        while (!isEnough()) {
          using socket = await RawSocket.connect("127.0.0.1", proxy.port);
          socket.send(`POST ${path} ${CHUNKED}5\r\nhello\r\n0\r\n`);
          await Bun.sleep(1);
          socket.send(TRAILER);
          await readReply(socket, performance.now() + TIMEOUT_MS);
          attacks++;
        }
      };
      const paths = ["/read", "/unread", "/shared", "/throws"];
      await Promise.all([victim(), victim(), victim(), ...paths.map(attacker)]);
      expect(wrong).toEqual([]);
    },
    60_000,
  );
});
