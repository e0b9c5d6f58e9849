// The HTTP of the control socket: how what the core answers becomes a status and a body.
import { describe, expect, test } from "bun:test";
import { adminApp } from "../../src/admin/app.ts";
import type { ControlApi } from "../../src/admin/control-api.ts";
import { LINES } from "../../src/admin/order-stream.ts";
import type { ServerCard } from "../../src/admin/protocol.ts";
import type { Answer } from "../../src/core/effects.ts";

const NOT_RELOADED = { generation: 1, ok: false, reason: "it was handed over", receipt: null };

/** A master that answers every command in the same way. */
function app(answer: Answer, handedOver?: string) {
  const control: ControlApi = {
    handedOver,
    healthCheckPath: undefined,
    metrics: () => "",
    snapshot: () => Promise.reject(new Error("not asked for")),
    reload: () => Promise.resolve(NOT_RELOADED),
    reloadTls: () => Promise.resolve({ ok: false, reason: "the key does not fit" }),
    scale: () => Promise.resolve(answer),
    rollback: () => Promise.resolve(answer),
    stop: () => Promise.resolve(answer),
    drain: () => Promise.resolve(answer),
  };
  return adminApp(control, () => ({}) as ServerCard);
}

async function ask(path: string, answer: Answer) {
  const response = await app(answer).request(path, { method: "POST" });
  return { status: response.status, body: await response.json() };
}

/** What somebody gets who understands signs of life, line by line. */
async function lines(path: string, answer: Answer): Promise<unknown[]> {
  const headers = { accept: LINES };
  const response = await app(answer).request(path, { method: "POST", headers });
  const text = await response.text();
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

const NO = { ok: false, reason: "not now" } as const;
const SCALE = "/scale?workers=3";
const DRAIN = "/drain?for_ms=100";

describe("the control socket answers", () => {
  const pid = process.pid;
  const cases: readonly [string, Answer, number, object][] = [
    [SCALE, { ok: true, workers: 3 }, 200, { workers: 3 }],
    [SCALE, NO, 409, { reason: "not now" }],
    [
      "/rollback",
      { ok: true, generation: 3, workers: 2, wanted: 2 },
      200,
      { generation: 3, workers: 2, wanted: 2, lack: null },
    ],
    [
      "/rollback",
      { ok: true, generation: 3, workers: 1, wanted: 2, lack: "why" },
      200,
      { generation: 3, workers: 1, wanted: 2, lack: "why" },
    ],
    ["/rollback", NO, 409, { reason: "not now" }],
    [DRAIN, { ok: true }, 200, { for_ms: 100, health_check_path: null }],
    [DRAIN, NO, 409, { reason: "the server has stopped" }],
    ["/stop", { ok: true }, 200, { pid }],
  ];
  for (const [path, answer, status, body] of cases) {
    test(`${path} with ${status} for ${JSON.stringify(answer)}`, async () => {
      expect(await ask(path, answer)).toEqual({ status, body });
    });
  }

  for (const path of ["/scale?workers=0", "/scale?workers=1025", "/scale", "/drain?for_ms=0"]) {
    test(`${path} with 400`, async () => {
      expect((await ask(path, { ok: true })).status).toBe(400);
    });
  }

  for (const path of [SCALE, DRAIN, "/stop"]) {
    test(`${path} of a server that is another process's with 409, to be asked again`, async () => {
      const response = await app(NO, "it is process 7's").request(path, { method: "POST" });
      expect([response.status, await response.json()]).toEqual([
        409,
        { reason: "it is process 7's", handed_over: true },
      ]);
    });
  }
});

test("/metrics of a server that is another process's with 409: its counters go on there", async () => {
  expect((await app(NO).request("/metrics")).status).toBe(200);
  const response = await app(NO, "it is process 7's").request("/metrics");
  expect([response.status, await response.json()]).toMatchObject([409, { handed_over: true }]);
});

test("/reload of a server that is another process's by now is to be asked again as well", async () => {
  const served = await app(NO).request("/reload", { method: "POST" });
  expect([served.status, await served.json()]).toEqual([409, NOT_RELOADED]);
  const handedOver = await app(NO, "it is process 7's").request("/reload", { method: "POST" });
  expect(await handedOver.json()).toEqual({ ...NOT_RELOADED, handed_over: true });
});

describe("who understands signs of life", () => {
  test("hears that the order was taken, and then the answer", async () => {
    expect(await lines(SCALE, NO)).toEqual([
      { taken: true },
      { status: 409, body: { reason: "not now" } },
    ]);
  });

  test("sees the server go when a stop cuts a drain short", async () => {
    expect(await lines(DRAIN, NO)).toEqual([{ taken: true }]);
  });
});
