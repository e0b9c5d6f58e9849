// Which request a promise belongs to that a listener for requests has returned.
import { expect, test } from "bun:test";
import { createServer } from "node:http";
import { guardListeners, requestOf } from "../../../src/worker/node/program-errors.ts";
import type { NodeRequest } from "../../../src/worker/requests/node-request.ts";

/** What `requestOf` says of the promise that a listener returns for a request. */
function found(returned: Promise<unknown>): unknown {
  const request = { method: "GET" } as NodeRequest;
  const server = createServer(() => returned);
  const thrown: unknown[] = [];
  guardListeners(
    server,
    () => request,
    (error) => thrown.push(error),
  );
  server.emit("request", undefined, undefined);
  expect(thrown).toEqual([]);
  return requestOf(returned) === request;
}

test("a promise that a listener returns is that of its request", () => {
  expect(found(Promise.resolve())).toBe(true);
});

test("one that is frozen is left alone", () => {
  expect(found(Object.freeze(Promise.resolve()))).toBe(false);
});
