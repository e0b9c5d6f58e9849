// A request whose response does not begin in time.
import { describe, expect, test } from "bun:test";
import { guard } from "../../../src/worker/handle/guard.ts";
import { withEnd } from "../../../src/worker/handle/request-check.ts";
import type { Fetch } from "../../../src/worker/http/layer.ts";
import { AllInFlight, type Tracked } from "../../../src/worker/requests/in-flight.ts";
import { Outcomes } from "../../../src/worker/requests/outcome.ts";
import { RequestTimeout } from "../../../src/worker/requests/request-timeout.ts";

const server = {} as Bun.Server<unknown>;

/** What asks a handler as a worker does, with a limit. */
function limited(limitMs: number, handler: Fetch, onTimeout: (request: Tracked) => void) {
  const outcomes = new Outcomes();
  const live = new Set<Tracked>();
  const client = { address: "127.0.0.1", port: 1 };
  const all = new AllInFlight(
    {
      requestIP: (request) => (live.has(request) ? client : null),
      get pendingRequests() {
        return live.size;
      },
    },
    () => undefined,
  );
  const inFlight = all.add();
  const faults = {
    outcomes,
    isLive: () => true,
    threw: () => new Response("threw"),
    answered: () => undefined,
    returned: () => new Response("returned what is no response"),
  };
  const note = (request: Tracked): void => {
    outcomes.note(request, 504);
    onTimeout(request);
  };
  const timeout = new RequestTimeout(limitMs, all, note, withEnd);
  const wrapped = timeout.wrap(guard(handler, { where: "fetch", isAnswerable: true }, faults));
  return (request: Request): Promise<Response | undefined> => {
    live.add(request);
    const result = wrapped(request, server);
    inFlight.note(request, result);
    return Promise.resolve(result).finally(() => live.delete(request));
  };
}

/** Answers after as many milliseconds as its URL says. */
const afterMs: Fetch = async ({ url }) => {
  await Bun.sleep(Number(url.split("?")[1]));
  return new Response("answer");
};

function asked(handler: (request: Request) => Response | Promise<Response>) {
  const told: unknown[] = [];
  const ask = limited(50, handler as Fetch, (request) => void told.push(request));
  const request = new Request("http://a/");
  return { request, reply: ask(request), told };
}

describe("a handler that answers in time", () => {
  test.each<[string, () => Response | Promise<Response>]>([
    ["at once", () => new Response("answer")],
    ["by a promise that is kept", async () => new Response("answer")],
    ["after a while", () => Bun.sleep(5).then(() => new Response("answer"))],
  ])("%s: that is the answer, and nothing is aborted", async (_, handler) => {
    const { request, reply, told } = asked(handler);
    expect(await (await reply)?.text()).toBe("answer");
    await Bun.sleep(120);
    expect([told, request.signal.aborted]).toEqual([[], false]);
  });
});

test("a handler whose answer came while the event loop was blocked is in time", async () => {
  const { reply, told } = asked(() => Bun.sleep(30).then(() => new Response("answer")));
  Bun.sleepSync(700);
  expect(await (await reply)?.text()).toBe("answer");
  expect(told).toEqual([]);
});

describe("a handler that does not", () => {
  test("has its request told of and answered 504, and is told by the signal", async () => {
    const { promise, resolve } = Promise.withResolvers<Response>();
    let reason: unknown;
    const { request, reply, told } = asked((it) => {
      it.signal.addEventListener("abort", () => (reason = it.signal.reason));
      return promise;
    });
    const response = await reply;
    expect(response?.status).toBe(504);
    expect(response?.headers.get("content-type")).toBe("application/problem+json");
    expect(told).toEqual([request]);
    expect(reason).toMatchObject({
      name: "TimeoutError",
      message: "not answered within 50ms (request_timeout)",
    });
    resolve(new Response("late"));
  });

  test("and reads the signal only afterwards, finds it aborted", async () => {
    const { promise, resolve } = Promise.withResolvers<Response>();
    const { request, reply } = asked(() => promise);
    await reply;
    expect(request.signal.aborted).toBe(true);
    resolve(new Response("late"));
  });

  test("has the stream that it answers with in the end cancelled", async () => {
    const { promise, resolve } = Promise.withResolvers<Response>();
    const cancelled = Promise.withResolvers<string>();
    const { reply } = asked(() => promise);
    await reply;
    resolve(new Response(new ReadableStream({ cancel: () => cancelled.resolve("cancelled") })));
    expect(await cancelled.promise).toBe("cancelled");
  });

  test("is judged by its own time, however many came before and after it", async () => {
    const told: string[] = [];
    const ask = limited(60, afterMs, ({ url }) => void told.push(url));
    const statuses = [5, 400, 10, 300].map(async (ms) => {
      const response = await ask(new Request(`http://a/?${ms}`));
      return response?.status;
    });
    expect(await Promise.all(statuses)).toEqual([200, 504, 200, 504]);
    expect(told).toEqual(["http://a/?400", "http://a/?300"]);
  });
});

test("the connection ends with the 504 where it must, and only there", async () => {
  const ask = limited(50, afterMs, () => undefined);
  const chunked = { headers: { "transfer-encoding": "chunked" } };
  const [ends, stays] = await Promise.all([
    ask(new Request("http://a/?300", chunked)),
    ask(new Request("http://a/?300")),
  ]);
  expect([ends?.status, ends?.headers.get("connection")]).toEqual([504, "close"]);
  expect([stays?.status, stays?.headers.get("connection")]).toEqual([504, null]);
});

test("the signal of a request still follows the client", async () => {
  const client = new AbortController();
  const request = new Request("http://a/", { signal: client.signal });
  const ask = limited(
    1000,
    () => new Response("answer"),
    () => undefined,
  );
  await ask(request);
  expect(request.signal.aborted).toBe(false);
  client.abort();
  expect(request.signal.aborted).toBe(true);
});
