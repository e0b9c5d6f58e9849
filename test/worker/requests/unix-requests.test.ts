// Which requests on Unix sockets are in flight, as far as their number and their answers tell.
import { expect, test } from "bun:test";
import type { Fetch } from "../../../src/worker/http/layer.ts";
import { UnixRequests } from "../../../src/worker/requests/unix-requests.ts";

function setup() {
  const server = { pendingRequests: 0 } as { pendingRequests: number };
  const requests = new UnixRequests();
  requests.add(server as never);
  const begin = (answer: ReturnType<Fetch>): Request => {
    const request = new Request("http://localhost/");
    server.pendingRequests++;
    void requests.wrap(() => answer)(request, server as never);
    return request;
  };
  return { server, requests, begin };
}

const pending = (): Promise<Response> => new Promise(() => {});

test("a request whose handler has not answered is in flight, and others are not when it is alone", () => {
  const { server, requests, begin } = setup();
  const [first, slow, last] = [begin(new Response("")), begin(pending()), begin(new Response(""))];
  expect([first, slow, last].map((it) => requests.has(it))).toEqual([true, true, true]);
  server.pendingRequests = 1;
  expect([first, slow, last].map((it) => requests.has(it))).toEqual([false, true, false]);
});

test("of those that are answered, a stream is in flight longest", () => {
  const { server, requests, begin } = setup();
  const stream = begin(new Response(new ReadableStream()));
  const text = begin(new Response("text"));
  server.pendingRequests = 1;
  expect([requests.has(stream), requests.has(text)]).toEqual([true, false]);
  server.pendingRequests = 0;
  expect(requests.has(stream)).toBe(false);
});

test("a request of another server is none of these", () => {
  const { requests } = setup();
  const request = new Request("http://localhost/");
  void requests.wrap(() => pending())(request, { pendingRequests: 1 } as never);
  expect(requests.has(request)).toBe(false);
});

test.each([1, 100, 5000])("of %d that have ended nothing is kept", (count) => {
  const { server, requests, begin } = setup();
  const all = Array.from({ length: count }, () => {
    const request = begin(new Response(""));
    server.pendingRequests = 0;
    return request;
  });
  expect(all.filter((it) => requests.has(it))).toEqual([]);
});
