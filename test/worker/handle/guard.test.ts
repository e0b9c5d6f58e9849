// What a handler returns that is no promise of Bun's, and no response.
import { expect, test } from "bun:test";
import { coarseMs } from "../../../src/os/coarse-clock.ts";
import { guard } from "../../../src/worker/handle/guard.ts";
import { CLIENT_GONE } from "../../../src/metrics/page.ts";
import { Outcomes } from "../../../src/worker/requests/outcome.ts";

const faults = {
  outcomes: new Outcomes(),
  isLive: () => true,
  threw: () => new Response("threw"),
  answered: () => undefined,
  returned: () => new Response("returned what is no response"),
};

const options = { where: "fetch", isAnswerable: false };

/** As much of a promise as `await` needs: its `then` returns nothing. */
class Awaitable {
  constructor(readonly value: unknown) {}

  // oxlint-disable-next-line unicorn/no-thenable -- it is what this is about
  then(resolve: (value: unknown) => void): void {
    resolve(this.value);
  }
}

async function answer(value: unknown): Promise<string | undefined> {
  const handler = guard(() => new Awaitable(value) as never, options, faults);
  return (await handler(new Request("http://host/"), {} as never))?.text();
}

test("what can be awaited is awaited, though its `then` returns nothing", async () => {
  expect(await answer(new Response("a response"))).toBe("a response");
  expect(await answer("text")).toBe("returned what is no response");
});

test("a client that leaves while a handler waits for some milliseconds is noted", async () => {
  const outcomes = new Outcomes();
  const client = new AbortController();
  const request = new Request("http://host/", { signal: client.signal });
  const slow = async (): Promise<Response> => {
    client.abort();
    for (const since = coarseMs(); coarseMs() === since;) await Bun.sleep(1);
    return new Response("too late");
  };
  const handler = guard(slow, options, { ...faults, outcomes, isLive: () => false });
  const response = await handler(request, {} as never);
  expect(outcomes.statusOf(request, response)).toBe(CLIENT_GONE);
});
