// When a connection is looked at again, or ended, by what the kernel knows.
import { expect, test } from "bun:test";
import { type Surroundings, Watched } from "../../../src/worker/drain/look.ts";
import type { InFlightRequest } from "../../../src/worker/requests/in-flight.ts";

const LIMITS = { keepAliveMs: 60_000, silentMs: 5000, headerMs: 5000, uploadRate: 0 };
/** No descriptor has this number: nothing is unread or unsent there. */
const NO_FD = -1;

function surroundings(isSecure: boolean): Surroundings {
  const wire = { isSecure, mayBeHttp2: isSecure };
  return { nowMs: 100_000, limits: LIMITS, lookEachMs: 1000, doing: () => undefined, wire };
}

test.each([
  ["who has stopped in the first message of a handshake", 0, "header_timeout"],
  ["who speaks HTTP/2, and whose last word needed no answer", 3, undefined],
] as const)("where there may be HTTP/2, the time for a head ends it for one %s", (_, sent, end) => {
  const traffic = {
    hasReceived: true,
    hasSent: sent > 0,
    received: 50,
    sentSegments: sent,
    sinceReceivedMs: 6000,
    sinceSentMs: 20_000,
  };
  const verdict = new Watched(NO_FD).look(traffic, surroundings(true));
  expect("end" in verdict ? verdict.end : undefined).toBe(end);
});

/** The latest of it was an answer, or the end of a handshake, `ago` ms ago. */
function trafficOf(received: number, ago: number) {
  const since = { sinceSentMs: ago, sinceReceivedMs: ago };
  const isThere = received > 0;
  const sentSegments = isThere ? 2 : 0;
  return { hasReceived: isThere, hasSent: isThere, received, sentSegments, ...since };
}

test.each([
  ["a client that has sent nothing goes after the time for a head", 0, 6000, true],
  ["a handshake and a short request are followed by keep_alive_timeout", 700, 6000, false],
  ["so is a long request", 5000, 6000, false],
  ["after keep_alive_timeout it goes", 700, 61_000, true],
])("over TLS, %s", (_, received, ago, ends) => {
  const verdict = new Watched(NO_FD).look(trafficOf(received, ago), surroundings(true));
  expect("end" in verdict).toBe(ends);
});

const UPLOADS = { keepAliveMs: 10_000, silentMs: 10_000, headerMs: 10_000, uploadRate: 1024 };
const LAST_MS = 120_000;

/** One that its handler has not answered, with a body of that many bytes. */
function pendingRequest(bodyBytes: number, sinceMs: number): InFlightRequest {
  const headers = { "content-length": String(bodyBytes) };
  const request = new Request("http://a/", { method: "POST", headers });
  const result = new Promise<Response>(() => {});
  const client = { address: "127.0.0.1", port: 1, family: "IPv4" } as const;
  const seenMs = sinceMs;
  return { request, result, client, server: 0, connection: undefined, sinceMs, seenMs };
}

interface Seen {
  readonly fromMs: number;
  readonly received: number;
  /** When the last data was received and sent. */
  readonly receivedMs: number;
  readonly sentMs?: number;
}

/** What it is ended for, looked at every two seconds; undefined: it is not. */
function endOf(seen: readonly Seen[], request: InFlightRequest): string | undefined {
  const watched = new Watched(NO_FD);
  for (let nowMs = 1000; nowMs <= LAST_MS; nowMs += 2000) {
    const now = seen.findLast(({ fromMs }) => fromMs <= nowMs);
    if (now === undefined) continue;
    const { received, receivedMs, sentMs } = now;
    const traffic = {
      hasReceived: true,
      received,
      hasSent: sentMs !== undefined,
      sentSegments: sentMs === undefined ? 0 : 1,
      sinceReceivedMs: nowMs - receivedMs,
      sinceSentMs: nowMs - (sentMs ?? 0),
    };
    const doing = () => (request.sinceMs <= nowMs ? [request] : undefined);
    const verdict = watched.look(traffic, {
      nowMs,
      limits: UPLOADS,
      lookEachMs: 2000,
      doing,
      wire: { isSecure: false, mayBeHttp2: false },
    });
    if ("end" in verdict) return verdict.end;
  }
  return undefined;
}

test("a complete upload whose head came in two parts is not too slow", () => {
  const seen = [
    { fromMs: 500, received: 140, receivedMs: 500 },
    { fromMs: 8500, received: 160, receivedMs: 8500 },
  ];
  expect(endOf(seen, pendingRequest(10, 8400))).toBeUndefined();
});

test("a complete upload that came after a 100 Continue is not too slow", () => {
  const seen = [
    { fromMs: 500, received: 120, receivedMs: 500, sentMs: 500 },
    { fromMs: 4000, received: 100_120, receivedMs: 4000, sentMs: 500 },
  ];
  expect(endOf(seen, pendingRequest(100_000, 400))).toBeUndefined();
});

test("an upload that stops is too slow, on a kept connection as well", () => {
  const seen = [
    { fromMs: 500, received: 50_000, receivedMs: 500, sentMs: 600 },
    { fromMs: 8500, received: 50_160, receivedMs: 8500, sentMs: 600 },
  ];
  expect(endOf(seen, pendingRequest(1000, 8400))).toBe("upload_rate");
});
