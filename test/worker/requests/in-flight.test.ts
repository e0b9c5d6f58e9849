// Which requests are in flight, and that none is kept or lost.
import { expect, test } from "bun:test";
import type { Client } from "../../../src/worker/requests/client.ts";
import { InFlight, type Tracked } from "../../../src/worker/requests/in-flight.ts";

/** A server whose requests are in flight until they are ended. */
class FakeServer {
  readonly live = new Set<Tracked>();
  requestIP(request: Tracked): Client | null {
    return this.live.has(request) ? { address: "127.0.0.1", port: 1 } : null;
  }
  get pendingRequests(): number {
    return this.live.size;
  }
}

function setup() {
  const server = new FakeServer();
  const ended: Tracked[] = [];
  const inFlight = new InFlight(server, (request) => ended.push(request));
  const begin = (): Request => {
    const request = new Request("http://localhost/");
    server.live.add(request);
    inFlight.note(request, undefined);
    return request;
  };
  return {
    server,
    inFlight,
    begin,
    ended,
    now: () => inFlight.sweep().map(({ request }) => request),
  };
}

test("a request is in flight until the server says that it has been answered", () => {
  const { server, begin, now } = setup();
  const request = begin();
  expect(now()).toEqual([request]);
  expect(now()).toEqual([request]);
  server.live.delete(request);
  expect(now()).toEqual([]);
});

test.each([1, 255, 256, 257, 511, 512, 513, 5000])(
  "a slow request is not lost among %d fast ones, one of which is always pending",
  (count) => {
    const { server, begin, now } = setup();
    const slow = begin();
    for (let index = 0; index < count; index++) server.live.delete(begin());
    expect(now()).toEqual([slow]);
  },
);

test.each([1, 300, 5000])("nothing is kept of %d requests that have been answered", (count) => {
  const { server, begin, now } = setup();
  for (let index = 0; index < count; index++) server.live.delete(begin());
  expect(now()).toEqual([]);
});

test.each([1, 256, 300, 5000])(
  "each of %d requests is told of once, when it has ended",
  (count) => {
    const { server, begin, ended, now } = setup();
    const begun = Array.from({ length: count }, begin);
    expect(now().length).toBe(count);
    expect(ended).toEqual([]);
    const later = begin();
    for (const request of begun) server.live.delete(request);
    now();
    expect(new Set(ended)).toEqual(new Set(begun));
    expect(ended.length).toBe(count);
    server.live.delete(later);
    now();
    expect(ended.length).toBe(count + 1);
  },
);

test("a request that has ended when it is noted is told of at once", () => {
  const { inFlight, ended, now } = setup();
  const request = new Request("http://localhost/");
  inFlight.noteEnded(request);
  expect(ended).toEqual([request]);
  expect(inFlight.total).toBe(1);
  expect(now()).toEqual([]);
  expect(ended).toEqual([request]);
});

test.each([
  [1, 8],
  [20, 80],
  [1000, 4000],
])("while %d requests are in flight, at most %d that have ended are kept", (pending, most) => {
  const { server, begin, ended } = setup();
  const queue = Array.from({ length: pending }, begin);
  let kept = 0;
  for (let count = 1; count < 20_000; count++) {
    queue.push(begin());
    server.live.delete(queue.shift() as Request);
    kept = Math.max(kept, count - ended.length);
  }
  expect(kept).toBeGreaterThan(0);
  expect(kept).toBeLessThanOrEqual(most);
});

test("a request after a time without any is no older than that time's end", () => {
  const { inFlight, begin } = setup();
  const restMs = performance.now() + 5;
  while (performance.now() < restMs) Bun.sleepSync(1);
  inFlight.rest();
  begin();
  expect(inFlight.sweep()[0]?.sinceMs).toBeGreaterThanOrEqual(restMs);
});
