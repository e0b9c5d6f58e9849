import { expect, test } from "bun:test";
import { InFlight } from "../../src/worker/in-flight.ts";

/** A server whose requests are in flight until they are ended. */
class FakeServer {
  readonly live = new Set<Request>();
  requestIP(request: Request): { port: number } | null {
    return this.live.has(request) ? { port: 1 } : null;
  }
  get pendingRequests(): number {
    return this.live.size;
  }
}

function setup() {
  const server = new FakeServer();
  const inFlight = new InFlight(server);
  const begin = (): Request => {
    const request = new Request("http://localhost/");
    server.live.add(request);
    inFlight.note(request, undefined);
    return request;
  };
  return { server, inFlight, begin, now: () => inFlight.sweep().map(({ request }) => request) };
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
