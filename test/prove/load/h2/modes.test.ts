// The modes over HTTP/2 against servers that lose in one known way each, hand requests back, or are
// good: what a server may hand back is sent again, and nothing else.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  createSecureServer,
  createServer,
  type Http2Server,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo } from "node:net";
import { LOSS_KINDS, type LossKind } from "../../../../src/prove/load/loss.ts";
import { isH2, type Mode, MODES } from "../../../../src/prove/load/plan.ts";
import { lossesOf, type ModeResult } from "../../../../src/prove/load/result.ts";
import { makeCertificate } from "../../../helpers/certificates.ts";
import type { H2Act, H2Peer } from "../../../helpers/prove/h2-peer.ts";
import { h2Server } from "../../../helpers/prove/h2-server.ts";
import { runMode } from "../../../helpers/prove/run-mode.ts";

// A busy machine may take its time.
setDefaultTimeout(30_000);

const ALL = (Object.keys(MODES) as Mode[]).filter(isH2);
const INTERNAL_ERROR = 2;
const REFUSED_STREAM = 7;

const isLossy = (it: ModeResult): boolean => lossesOf(it) > 0;
const hasMore = ({ requests }: ModeResult): boolean => requests > 30;
const isIdle = ({ closedIdle }: ModeResult): boolean => closedIdle > 1;

function kindsOf({ lost }: ModeResult): LossKind[] {
  return LOSS_KINDS.filter((kind) => lost[kind] > 0);
}

const LOSSES: readonly (readonly [string, LossKind, H2Act])[] = [
  ["resets the connection", "reset", (it) => it.socket.terminate()],
  ["closes it without a GOAWAY", "cut", (it) => it.end()],
  ["closes it after a GOAWAY that has taken them", "cut", (it) => it.goAway(2 ** 31 - 1).end()],
  ["closes it within an answer", "cut", (it, id) => it.head(id, 200).data(id, "hel", false).end()],
  ["resets a stream", "reset", (it, id) => it.resetStream(id, INTERNAL_ERROR)],
  [
    "ends an answer early",
    "cut",
    (it, id) => it.head(id, 200, { "content-length": "5" }).data(id, "hel", true),
  ],
  ["answers 503", "wrong", (it, id) => it.answer(id, 503)],
  ["speaks something else", "wrong", (it) => it.socket.write("HTTP/1.1 400 Bad Request\r\n\r\n")],
  ["says nothing", "timeout", () => {}],
  ["hands all back, for ever", "timeout", (it, id) => it.resetStream(id, REFUSED_STREAM)],
];

test.concurrent.each(LOSSES.flatMap((loss) => ALL.map((mode) => [mode, ...loss] as const)))(
  "the mode %s sees the losses of a server that %s",
  async (mode, name, kind, act) => {
    // A stream that was handed back is asked for by another session, and has no time of its own.
    if (mode === "h2-sse" && name.startsWith("hands")) return;
    // A head is all that is needed of a stream.
    if (mode === "h2-sse" && name === "ends an answer early") return;
    using server = h2Server(act);
    const timeoutMs = kind === "timeout" ? 300 : 10_000;
    const result = await runMode(mode, { port: server.port, timeoutMs, isEnough: isLossy });
    // What comes after the end of a connection is reset, where several ask at a time.
    const allowed = kind === "cut" ? ["cut", "reset"] : [kind];
    expect(allowed).toEqual(expect.arrayContaining(kindsOf(result)));
    expect(lossesOf(result)).toBe(result.requests);
  },
);

/** What a server does on its first connection, when all eight requests have come. */
function first(act: (it: H2Peer) => void): H2Act {
  return (it, id, times) => {
    if (it.number > 1) it.answer(id);
    else if (times === 8) act(it);
  };
}

describe("what is handed back", () => {
  test.concurrent("above the last stream of a GOAWAY is sent again", async () => {
    using server = h2Server(first((it) => it.answer(1).goAway(1).end()));
    const result = await runMode("h2", { port: server.port, isEnough: hasMore });
    expect(result.firstLosses).toEqual([]);
    expect(result.sentAway["above the last of a GOAWAY"]).toBeGreaterThanOrEqual(7);
    expect(result.sentAway["GOAWAY NO_ERROR"]).toBe(1);
  });

  test.concurrent("by REFUSED_STREAM is sent again", async () => {
    using server = h2Server((it, id, times) => {
      if (times % 3 === 0) it.resetStream(id, REFUSED_STREAM);
      else it.answer(id);
    });
    const result = await runMode("h2", { port: server.port, isEnough: hasMore });
    expect(result.firstLosses).toEqual([]);
    expect(result.sentAway["REFUSED_STREAM"]).toBeGreaterThan(5);
  });

  test.concurrent("is only that: what was taken, and gets no answer, is lost", async () => {
    // Of the streams 1 to 15, 5 is the last that is taken, and gets no answer.
    using server = h2Server(first((it) => it.answer(1).answer(3).goAway(5).end()));
    const result = await runMode("h2", { port: server.port, isEnough: hasMore });
    expect(result.firstLosses).toMatchObject([
      {
        kind: "cut",
        words: "closed by the server after GOAWAY NO_ERROR, after 0 bytes of the reply",
      },
    ]);
    expect(result.sentAway["above the last of a GOAWAY"]).toBeGreaterThanOrEqual(5);
  });

  test.concurrent("by a first GOAWAY is nothing: the second one says what", async () => {
    using server = h2Server((it, id, times) => {
      if (it.number > 1) {
        it.answer(id);
      } else if (times === 1) {
        it.goAway(2 ** 31 - 1);
      } else if (times === 8) {
        for (const one of [1, 3, 5, 7]) it.answer(one);
        it.goAway(7).end();
      }
    });
    const result = await runMode("h2", { port: server.port, isEnough: hasMore });
    expect(result.firstLosses).toEqual([]);
    expect(result.sentAway["above the last of a GOAWAY"]).toBe(4);
  });
});

test.concurrent("a connection that is closed between requests has lost none", async () => {
  using server = h2Server((it, id) => it.answer(id).end());
  const result = await runMode("h2-thinking", { port: server.port, isEnough: isIdle });
  expect(result.firstLosses.filter(({ words }) => !words.includes("without GOAWAY"))).toEqual([]);
  expect(result.requests).toBeGreaterThan(1);
});

test.concurrent("an event stream that goes on after a GOAWAY is none that was lost", async () => {
  const headers = { "content-type": "text/event-stream" };
  using server = h2Server((it, id) => {
    it.head(id, 200, headers).data(id, "data: 1\n\n", false).goAway(id);
    setTimeout(() => it.data(id, "data: 2\n\n", true).flush(), 50);
  });
  const result = await runMode("h2-sse", { port: server.port });
  expect(lossesOf(result)).toBe(0);
  expect(result.sentAway["the server ended the stream"]).toBe(result.requests);
});

const { cert, key } = makeCertificate();

/** Node's server, with how often it has been asked. */
async function good(isSecure: boolean) {
  const asked = { times: 0 };
  const server = isSecure ? createSecureServer({ cert, key }) : createServer();
  server.on("stream", (stream: ServerHttp2Stream, headers) => {
    asked.times += 1;
    const isStream = headers[":path"] === "/h2-sse";
    const type = isStream ? "text/event-stream" : "text/plain";
    // Each kind of character, in Huffman's code.
    stream.respond({ ":status": 200, "content-type": type, "x-all": CHARACTERS });
    stream.on("error", () => undefined);
    if (isStream) stream.write("data: one\n\n");
    else stream.resume().on("end", () => stream.end("hello"));
  });
  await new Promise<void>(
    (resolve) => void (server as Http2Server).listen(0, "127.0.0.1", resolve),
  );
  const { port } = server.address() as AddressInfo;
  const endpoint = { host: "127.0.0.1", port, ...(isSecure ? { tls: { ca: cert } } : {}) };
  return { endpoint, asked, [Symbol.dispose]: () => void server.close() };
}

const CHARACTERS = Array.from({ length: 95 }, (_, at) => String.fromCharCode(32 + at)).join("");

const GOOD = [false, true].flatMap((isSecure) => ALL.map((mode) => [mode, isSecure] as const));

test.concurrent.each(GOOD)(
  "a good server loses nothing in the mode %s; TLS: %p",
  async (mode, isSecure) => {
    using server = await good(isSecure);
    const isEnough = (): boolean => server.asked.times > 0;
    const how = { endpoint: server.endpoint, path: `/${mode}`, isEnough };
    const result = await runMode(mode, how);
    expect(result.firstLosses).toEqual([]);
    expect(result.requests).toBeGreaterThan(0);
    expect(result).toMatchObject({ sentAway: {}, closedIdle: 0, noPort: 0 });
  },
);

test.concurrent("a server that knows no HTTP/2 does not offer it", async () => {
  using server = Bun.serve({ port: 0, tls: { cert, key }, fetch: () => new Response("") });
  const endpoint = { host: "127.0.0.1", port: server.port ?? 0, tls: { ca: cert } };
  const result = await runMode("h2", { endpoint });
  expect(kindsOf(result)).toEqual(["tls"]);
});
