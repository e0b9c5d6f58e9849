// Where an event stream may end without taking a part of an event with it.
import { expect, test } from "bun:test";
import { EventStream } from "../../../src/prove/load/event-stream.ts";

test.each([
  ["", false],
  ["data: 1\n\n", false],
  ["data: 1\r\n\r\n", false],
  ["data: 1\r\r", false],
  ["data: 1\n\n: still here", false],
  ["data: 1\n\n:\n", false],
  ["retry: 3000\n", false],
  ["data: 1\n", true],
  ["data\n", true],
  ["data: 1\n\ndata: 2", true],
  ["data: 1\n\nda", true],
  ["data: 1\r\n", true],
  ["data: 1\nid: 7\n", true],
])("%j ends within an event: %p", (text, isWithin) => {
  for (const size of [1, 2, 1000]) {
    const stream = new EventStream();
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += size) stream.take(bytes.subarray(at, at + size));
    expect(stream.isWithinEvent).toBe(isWithin);
  }
});
