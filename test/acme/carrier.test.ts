// What a CA says over HTTP, and what reaches the library for ACME of it.
import { afterAll, expect, test } from "bun:test";
import type acme from "acme-client";
import { carry } from "../../src/acme/carrier.ts";

type Axios = (typeof acme)["axios"];
type Carrier = (config: object) => Promise<{ readonly status: number; readonly data: unknown }>;

const HTML = new Response("<h1>hello</h1>");
const DIRECTORY = { newNonce: "http://a/n", newAccount: "http://a/a", newOrder: "http://a/o" };
const PROBLEM = { type: "urn:ietf:params:acme:error:rateLimited", detail: "slow down" };
const CHALLENGE = { status: "invalid", error: { type: "urn:ietf:params:acme:error:dns" } };
const retryAfter = { "retry-after": "60" };

const ca = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  routes: {
    "/html": HTML,
    "/dir": Response.json(DIRECTORY),
    "/moved": Response.redirect("/dir"),
    "/limited": () => Response.json(PROBLEM, { status: 429, headers: retryAfter }),
    "/challenge": Response.json(CHALLENGE),
    "/huge": () => new Response("x".repeat(2 * 1024 * 1024)),
  },
});
afterAll(() => ca.stop(true));

function at(path: string): string {
  return new URL(path, ca.url).href;
}

function scene(directory: string) {
  const axios = { defaults: { headers: { common: {} }, adapter: undefined } };
  const heard = carry(axios as unknown as Axios, "test", at(directory));
  const ask = axios.defaults.adapter as unknown as Carrier;
  const headers = { toJSON: () => ({}) };
  return { heard, ask: (path: string) => ask({ url: at(path), method: "get", headers }) };
}

test("answers arrive parsed, and what they mean for the next attempt is noted", async () => {
  const { heard, ask } = scene("/dir");
  expect(await ask("/dir")).toMatchObject({ status: 200, data: DIRECTORY });
  expect(heard.last).toEqual({ status: 200, retryAfter: undefined, type: undefined });
  expect(await ask("/limited")).toMatchObject({ status: 429, data: PROBLEM });
  expect(heard.last).toEqual({ status: 429, retryAfter: "60", type: PROBLEM.type });
  await ask("/challenge");
  expect(heard.last?.type).toBe(CHALLENGE.error.type);
});

test.each(["/html", "/moved", "/nothing"])("what is no directory is called so: %s", (path) => {
  expect(scene(path).ask(path)).rejects.toThrow(/instead of an ACME directory: set tls\.acme\.dir/);
});

test("an answer without end does not fill the memory", () => {
  expect(scene("/dir").ask("/huge")).rejects.toThrow(/more than a megabyte in one answer/);
});
