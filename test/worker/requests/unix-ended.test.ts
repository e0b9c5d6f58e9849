// Which requests on Unix sockets are in flight, as far as their number and their answers tell.
import { expect, test } from "bun:test";
import { InFlight, type Tracked } from "../../../src/worker/requests/in-flight.ts";
import { UNIX_CLIENT } from "../../../src/worker/requests/client.ts";
import { endedOnUnix } from "../../../src/worker/requests/unix-ended.ts";

function setup() {
  const server = { pendingRequests: 0 };
  const ended: Tracked[] = [];
  const inFlight = new InFlight(server, (request) => ended.push(request));
  const begin = (answer: unknown): Request => {
    const request = new Request("http://localhost/");
    server.pendingRequests++;
    inFlight.note(request, answer);
    return request;
  };
  const now = (): Tracked[] => inFlight.sweep().map(({ request }) => request);
  return { server, inFlight, ended, begin, now };
}

const pending = (): Promise<Response> => new Promise(() => {});
const text = (): Response => new Response("text");
const stream = (): Response => new Response(new ReadableStream());

test("a request whose handler has not answered is in flight, and others are not when it is alone", () => {
  const { server, begin, now, inFlight } = setup();
  const all = [begin(text()), begin(pending()), begin(text())];
  expect(now()).toEqual(all);
  server.pendingRequests = 1;
  expect(now()).toEqual(all.slice(1, 2));
  expect(inFlight.sweep()[0]?.client).toBe(UNIX_CLIENT);
});

test("of those that are answered, a stream is in flight longest, and then the latest", () => {
  const { server, begin, now } = setup();
  const [early, first, second] = [begin(stream()), begin(text()), begin(Promise.resolve(text()))];
  const late = begin(stream());
  server.pendingRequests = 3;
  expect(now()).toEqual([early, second, late]);
  server.pendingRequests = 2;
  expect(now()).toEqual([early, late]);
  server.pendingRequests = 1;
  expect(now()).toEqual([late]);
  server.pendingRequests = 0;
  expect(now()).toEqual([]);
  expect(first).not.toBe(second);
});

test("one response may be that of many requests", () => {
  const shared = text();
  const hasEnded = endedOnUnix([shared, shared, shared], 2);
  expect([shared, shared, shared].map(hasEnded)).toEqual([true, true, false]);
});

test("a slow request and a stream are not lost among thousands, and nothing else is kept", () => {
  const { server, begin, ended, now } = setup();
  const slow = [begin(pending()), begin(stream())];
  for (let count = 1; count <= 5000; count++) {
    begin(text());
    server.pendingRequests--;
    expect(count - ended.length).toBeLessThan(20);
  }
  expect(now()).toEqual(slow);
  expect(ended.length).toBe(5000);
});

test.each([1, 100, 5000])("of %d that have ended nothing is kept", (count) => {
  const { server, begin, ended, now } = setup();
  for (let index = 0; index < count; index++) {
    begin(text());
    server.pendingRequests = 0;
  }
  expect(now()).toEqual([]);
  expect(ended.length).toBe(count);
});

test("a look-up says of each request at one time whether it is in flight", () => {
  const { server, begin, inFlight } = setup();
  const [first, second] = [begin(text()), begin(stream())];
  server.pendingRequests = 1;
  expect([first, second].map(inFlight.lookUp())).toEqual([false, true]);
});

test("what the app asks itself is told of when it is answered, and never in flight", async () => {
  const { inFlight, ended, now } = setup();
  const { promise, resolve } = Promise.withResolvers<Response>();
  const request = new Request("http://localhost/");
  inFlight.noteOwn(request, promise);
  expect([now(), ended, inFlight.total]).toEqual([[], [], 1]);
  resolve(text());
  await promise;
  expect(ended).toEqual([request]);
});
