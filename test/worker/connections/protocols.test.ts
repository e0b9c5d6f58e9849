// What proves that a connection speaks HTTP/2, look by look.
import { describe, expect, test } from "bun:test";
import {
  type Evidence,
  judge,
  type Look,
  mayBeHarmed,
  noEvidence,
} from "../../../src/worker/connections/protocols.ts";

const MARKED_MS = 1000;
const [first, second] = [new Request("http://host/1"), new Request("http://host/2")];

/** What is known after looks at these times. */
function after(...looks: Partial<Look>[]): Evidence {
  return looks.reduce<Evidence>((before, { nowMs = 0, sentMs, requests = [] }) => {
    return judge(before, { nowMs, sentMs, requests });
  }, noEvidence(MARKED_MS));
}

const inFlight = (request: Request, sinceMs = MARKED_MS) => [{ request, sinceMs }];

describe("HTTP/2 is proven", () => {
  test("by a connection that lives on after a marked answer", () => {
    const answered = { sentMs: 1100, nowMs: 1150 };
    expect(after(answered).isHttp2).toBe(false);
    expect(after(answered, { sentMs: 1100, nowMs: 1250 }).isHttp2).toBe(true);
  });

  test("by a request after a marked answer", () => {
    const looks = [first, second].map((request, index) => ({
      nowMs: 1100 + index * 50,
      sentMs: undefined,
      requests: inFlight(request),
    }));
    expect(after(...looks.slice(0, 1), ...looks.slice(0, 1)).isHttp2).toBe(false);
    expect(after(...looks).isHttp2).toBe(true);
  });

  test("by two requests at the same time, even old ones", () => {
    const requests = [first, second].map((request) => ({ request, sinceMs: 0 }));
    expect(after({ nowMs: 1100, sentMs: undefined, requests }).isHttp2).toBe(true);
  });

  test("for good", () => {
    const requests = inFlight(first, 0);
    const looks = [1150, 1250].map((nowMs) => ({ nowMs, sentMs: 1100 }));
    expect(after(...looks, { nowMs: 1300, sentMs: 1100, requests }).isHttp2).toBe(true);
  });
});

describe("nothing is proven", () => {
  test("by an answer from before answers were marked", () => {
    const looks = [1100, 1200, 9000].map((nowMs) => ({ nowMs, sentMs: 1010 }));
    expect(after(...looks).isHttp2).toBe(false);
  });

  test("by a long answer that has begun before, nor by its end", () => {
    const requests = inFlight(first, 900);
    const during = [1100, 1500].map((nowMs) => ({ nowMs, sentMs: nowMs, requests }));
    const end = [1550, 1700].map((nowMs) => ({ nowMs, sentMs: 1510 }));
    expect(after(...during, ...end).isHttp2).toBe(false);
  });

  test("by a silent connection", () => {
    const looks = [1100, 9000].map((nowMs) => ({ nowMs, sentMs: undefined }));
    expect(after(...looks).isHttp2).toBe(false);
  });
});

test("an HTTP/1.1 client can be harmed while it is idle, and while its answer is not marked", () => {
  const unknown = noEvidence(MARKED_MS);
  expect(mayBeHarmed(unknown, [])).toBe(true);
  expect(mayBeHarmed(unknown, inFlight(first, 900))).toBe(true);
  expect(mayBeHarmed(unknown, inFlight(first))).toBe(false);
  expect(mayBeHarmed({ ...unknown, isHttp2: true }, [])).toBe(false);
});
