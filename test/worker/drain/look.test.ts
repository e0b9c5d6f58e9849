// When a connection is looked at again, or ended, by what the kernel knows.
import { expect, test } from "bun:test";
import { type Surroundings, Watched } from "../../../src/worker/drain/look.ts";

const LIMITS = { keepAliveMs: 60_000, silentMs: 5000, headerMs: 5000, uploadRate: 0 };
/** No descriptor has this number: nothing is unread or unsent there. */
const NO_FD = -1;

function surroundings(isSecure: boolean): Surroundings {
  const wire = { isSecure, mayBeHttp2: isSecure };
  return { nowMs: 100_000, limits: LIMITS, lookEachMs: 1000, doing: () => undefined, wire };
}

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
