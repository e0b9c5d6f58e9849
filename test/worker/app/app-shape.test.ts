// What an app may export, and what is made of it: proxies and getters are asked for nothing that
// they need not be.
import { describe, expect, test } from "bun:test";
import type { Fetch } from "../../../src/worker/http/layer.ts";
import { AppError } from "../../../src/worker/app/app-error.ts";
import { hasFetch, shapeApp } from "../../../src/worker/app/app-shape.ts";
import { isElysia } from "../../../src/worker/app/elysia.ts";
import { nodeHandler } from "../../../src/worker/app/node-handler.ts";

const shape = (target: unknown, module: Record<string, unknown> = {}) =>
  shapeApp({ target, module, label: "./app.ts", file: "/app.ts" });
const answer = async (target: unknown): Promise<string> => {
  const { fetch } = await shape(target);
  const server = {} as Bun.Server<unknown>;
  return (await (fetch as Fetch)(new Request("http://a/"), server))?.text() ?? "none";
};
const ok = (): Response => new Response("ok");

/**
 * As itty-router's: it answers for every name, also for those of hooks and options, and for `then`.
 */
function routerLike(asked: PropertyKey[] = []): object {
  const methods = new Proxy({}, { get: (_, name) => (asked.push(name), () => routerLike()) });
  return Object.setPrototypeOf({ routes: [], fetch: ok }, methods);
}

describe("an app is", () => {
  class WithFetch {
    name = "ok";
    websocket = { message() {} };
    fetch(): Response {
      return new Response(this.name);
    }
  }
  class Static {
    static fetch = ok;
    readonly name = "of an instance";
  }
  test.each<[string, unknown]>([
    ["an object", { fetch: ok }],
    ["a frozen object", Object.freeze({ fetch: ok })],
    ["an object without a prototype", Object.assign(Object.create(null), { fetch: ok })],
    ["an instance of a class", new WithFetch()],
    ["a class with a static fetch", Static],
    [
      "a function with a fetch of its own",
      Object.assign(() => new Response("not this"), { fetch: ok }),
    ],
    ["a function", ok],
    ["a function of a request and a server", (_request: Request, _server: unknown) => ok()],
    [
      "a function of three, as workers of Cloudflare are",
      (_request: Request, _env: unknown, _ctx: unknown) => ok(),
    ],
    ["a proxy that answers for every name", routerLike()],
    [
      "a proxy around an app",
      new Proxy({ fetch: ok }, { get: (app, name) => Reflect.get(app, name) ?? (() => app) }),
    ],
    [
      "an object with getters that throw",
      {
        fetch: ok,
        get secret(): string {
          throw new Error("asked");
        },
      },
    ],
  ])("%s", async (_, target) => expect(await answer(target)).toBe("ok"));

  test("asked for its fetch, and never for then", async () => {
    const asked: PropertyKey[] = [];
    const { startup, shutdown, options } = await shape(routerLike(asked));
    expect([startup, shutdown, options]).toEqual([undefined, undefined, {}]);
    expect(asked).not.toContain("then");
    expect(asked).not.toContain("startup");
    expect(hasFetch(routerLike(asked))).toBe(true);
  });

  test("one whose hooks and WebSockets are a class's", async () => {
    class Hooked extends WithFetch {
      startup(): string {
        return this.name;
      }
    }
    const app = await shape(new Hooked());
    expect(app.startup?.({} as never)).toBe("ok");
    expect(Object.keys(app.options)).toEqual(["websocket"]);
  });

  test("one whose own getter of fetch throws: that error is told", () => {
    const broken = {
      get fetch(): Fetch {
        throw new RangeError("mine");
      },
    };
    expect(shape(broken)).rejects.toThrow(new RangeError("mine"));
  });
});

describe("a handler of node:http is refused by its name", () => {
  const express = Object.assign((_a: unknown, _b: unknown, _c: unknown) => undefined, {
    handle() {},
    use() {},
  });
  class Application {
    callback() {}
    listen() {}
  }
  test.each<[string, object, string]>([
    ["(req, res)", (req: unknown, res: unknown) => [req, res], "(request, response) for node:http"],
    [
      "(req, res, next)",
      (_a: unknown, _res: unknown, _n: unknown) => undefined,
      "(request, response, next)",
    ],
    ["async", async (_req: unknown, response: unknown) => response, "(request, response)"],
    ["minified", (_a: unknown, _b: unknown, _c: unknown) => undefined, "(request, response, next)"],
    ["of srvx", (nodeReq: unknown, nodeRes: unknown) => [nodeReq, nodeRes], "(request, response)"],
    [
      "of Hono's node-server",
      async (incoming: unknown, outgoing: unknown) => [incoming, outgoing],
      "(request, response)",
    ],
    [
      "of Astro",
      async (...args: unknown[]) => {
        const [req, res, next, locals] = args;
        return [req, res, next, locals];
      },
      "(request, response, next)",
    ],
    ["Express", express, "like Express's"],
    ["Koa", new Application(), "built on node:http (Application)"],
    ["Nest", { getHttpServer() {}, listen() {} }, "built on node:http"],
    ["Fastify", { inject() {}, listen() {} }, "built on node:http"],
  ])("%s", async (_, target, words) => {
    const error = await shape(target).catch((it: unknown) => it);
    expect(error).toBeInstanceOf(AppError);
    expect((error as Error).message).toContain(words);
    expect((error as Error).message).toContain("expected an object with a fetch function");
  });

  test.each<[object]>([
    [ok],
    [(_request: Request) => ok()],
    [(request: Request, ...rest: unknown[]) => [request, rest]],
    [
      (...args: unknown[]) => {
        const [request, server] = args;
        return [request, server];
      },
    ],
    [(...args: unknown[]) => args],
    [(request: Request, address: unknown) => [request, address]],
    [(_request: Request, _server: unknown) => ok()],
    [async (_request: Request, _env: unknown) => ok()],
    [(_r: Request, _env: unknown, _ctx: unknown) => ok()],
  ])("%p is none", (handler) => expect(nodeHandler(handler)).toBeUndefined());
});

test("a module without a default export is refused with the name of its export that is an app", async () => {
  const module = { helper: ok, app: { fetch: ok } };
  expect(shape(module, module)).rejects.toThrow("To serve its export app, write ./app.ts:app");
  expect(shape(5, { default: 5, app: module.app })).rejects.toThrow("write ./app.ts:app");
  // Whoever has named an export has chosen.
  const named = await shape(module.helper.name, module).catch(String);
  expect(named).not.toContain("write");
});

describe("an Elysia app that does not listen", () => {
  const seen: unknown[] = [];
  const elysia = {
    server: null as unknown,
    config: { websocket: { idleTimeout: 5 } },
    modules: Promise.resolve().then(() => void seen.push("complete")),
    listen() {},
    handle() {},
    getServer: () => elysia.server,
    fetch: () => new Response(elysia.server === null ? "no server" : "server"),
    use() {},
  };

  test("gets the server, the handlers of its WebSockets, and has all of its plugins first", async () => {
    expect(isElysia(elysia)).toBe(true);
    const { options } = await shape(elysia);
    expect(seen).toEqual(["complete"]);
    expect(await answer(elysia)).toBe("server");
    const { websocket } = options as { websocket: Record<string, (...args: unknown[]) => unknown> };
    expect(websocket["idleTimeout"]).toBe(5 as never);
    const socket = { data: { message: (...args: unknown[]) => seen.push(args.slice(1)) } };
    websocket["message"]?.(socket, "hello");
    websocket["close"]?.(socket, 1000, "");
    expect(seen.at(-1)).toEqual(["hello"]);
  });

  test("is nothing else: no Hono, no proxy", () => {
    expect(isElysia(routerLike())).toBe(false);
    const everything = new Proxy({}, { has: () => true, get: () => ok });
    expect(isElysia(everything)).toBe(false);
    expect(isElysia({ fetch: ok, listen() {}, handle() {} })).toBe(false);
  });
});
