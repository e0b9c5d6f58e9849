// What handlers have promised and not answered yet, where nothing can be written past Bun.
import { describe, expect, test } from "bun:test";
import type { DrainFlag } from "../../../src/worker/closing/mark.ts";
import { Pace } from "../../../src/worker/closing/pace.ts";
import { Pending } from "../../../src/worker/solo/pending.ts";

const server = {} as Bun.Server<unknown>;

function handled(answer: () => Promise<Response>) {
  const flag: DrainFlag = {
    pace: undefined,
    expired: false,
    privately: undefined,
    passesOn: false,
    portOf: () => undefined,
  };
  const pending = new Pending(flag);
  const request = new Request("http://localhost/a");
  const reply = pending.wrap(answer)(request, server);
  return { flag, pending, request, reply: Promise.resolve(reply) };
}

describe("a request whose handler has not answered", () => {
  test("gets 503 with Retry-After when its time is up, whatever the handler says later", async () => {
    const late = Promise.withResolvers<Response>();
    const { pending, request, reply } = handled(() => late.promise);
    expect(pending.refuseAll().map((it) => it.request)).toEqual([request]);
    late.resolve(new Response("late"));
    const response = await reply;
    expect(response?.status).toBe(503);
    expect(response?.headers.get("retry-after")).toBe("1");
    expect(response?.headers.get("connection")).toBe("close");
  });

  test("gets its answer marked when the worker has released its address in the meantime", async () => {
    const late = Promise.withResolvers<Response>();
    const { flag, reply } = handled(() => late.promise);
    flag.pace = new Pace(0, 0, performance.now());
    late.resolve(new Response("late"));
    expect((await reply)?.headers.get("connection")).toBe("close");
  });
});

describe("a request whose handler has answered", () => {
  test("is not refused any more, nor marked while the worker serves", async () => {
    const { pending, reply } = handled(async () => new Response("soon"));
    const response = await reply;
    expect(response?.headers.get("connection")).toBeNull();
    expect(pending.refuseAll()).toEqual([]);
  });

  test("by throwing is not refused any more, and its error is passed on", async () => {
    const { pending, reply } = handled(() => Promise.reject(new Error("the app's")));
    await expect(reply).rejects.toThrow("the app's");
    expect(pending.refuseAll()).toEqual([]);
  });
});
