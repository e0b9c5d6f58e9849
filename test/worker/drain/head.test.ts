// Since when the head of a request is on its way, by what the kernel knows.
import { expect, test } from "bun:test";
import { type Head, headAt } from "../../../src/worker/drain/head.ts";

const NOW = 100_000;

/** A connection that has received `received`, the last of it `ago` ms, and sent `sent` segments. */
function trafficOf(received: number, ago: number, sent: number, sentAgo = 60_000) {
  return {
    hasReceived: received > 0,
    hasSent: sent > 0,
    received,
    sentSegments: sent,
    sinceReceivedMs: ago,
    sinceSentMs: sentAgo,
  };
}

const BEFORE: Head = { sinceMs: 91_000, received: 100, sentSegments: 3 };

test.each<[string, ReturnType<typeof trafficOf>, Head | undefined, number | undefined]>([
  ["nothing has come", trafficOf(0, 5000, 0), undefined, undefined],
  ["the last word was ours", trafficOf(100, 9000, 3, 8000), undefined, undefined],
  ["a first head is seen for the first time", trafficOf(20, 400, 0), undefined, NOW - 400],
  ["a later head is seen for the first time", trafficOf(120, 400, 3), undefined, NOW - 400],
  ["a byte of the same head has come", trafficOf(101, 100, 3), BEFORE, 91_000],
  ["nothing more of it has come", trafficOf(100, 9000, 3), BEFORE, 91_000],
  ["that one was answered, and another begun", trafficOf(150, 700, 4), BEFORE, NOW - 700],
  ["that one was answered", trafficOf(150, 700, 4, 600), BEFORE, undefined],
  ["more has come than a head can be: an upload", trafficOf(20_000, 10, 3), BEFORE, NOW - 10],
])("%s", (_, traffic, before, sinceMs) => {
  expect(headAt(traffic, before, NOW)?.sinceMs).toBe(sinceMs as number);
});
