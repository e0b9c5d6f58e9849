// The headers of a request of node:http, in each form in which a program may look at them.
import { expect, test } from "bun:test";
import type { IncomingMessage } from "node:http";
import { NodeHeaders } from "../../../src/worker/requests/node-headers.ts";

function incomingOf(...rawHeaders: string[]): IncomingMessage {
  const headers: Record<string, string> = { "x-a": "1, 2", "x-b": "3" };
  return { headers, rawHeaders } as unknown as IncomingMessage;
}

test("what is removed is gone from each of them", () => {
  const incoming = incomingOf("X-A", "1", "x-b", "3", "x-a", "2");
  new NodeHeaders(incoming).remove("x-a");
  expect(incoming.headers).toEqual({ "x-b": "3" });
  expect(incoming.rawHeaders).toEqual(["x-b", "3"]);
  expect({ ...incoming.headersDistinct }).toEqual({ "x-b": ["3"] });
});

test("what is set is so in each of them", () => {
  const incoming = incomingOf("X-A", "1", "x-b", "3", "x-a", "2");
  new NodeHeaders(incoming).set("x-a", "9");
  expect(incoming.headers).toEqual({ "x-a": "9", "x-b": "3" });
  expect(incoming.rawHeaders).toEqual(["X-A", "9", "x-b", "3"]);
  expect({ ...incoming.headersDistinct }).toEqual({ "x-a": ["9"], "x-b": ["3"] });
});

test("a header may have any name", () => {
  const incoming = incomingOf("__proto__", "1", "constructor", "2", "x-b", "3", "x-b", "4");
  new NodeHeaders(incoming).remove("x-a");
  expect(Object.entries(incoming.headersDistinct)).toEqual([
    ["__proto__", ["1"]],
    ["constructor", ["2"]],
    ["x-b", ["3", "4"]],
  ]);
});
