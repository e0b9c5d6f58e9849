// Which options of `Bun.serve` an app decides, and which it can replace.
import { describe, expect, test } from "bun:test";
import { appsOwn, replacedBy, whatBunReads } from "../../../src/worker/http/serve-options.ts";

const fetch = (): Response => new Response("fetch");
const error = (): Response => new Response("error");
const [old, routes] = [{ "/old": fetch }, { "/": fetch }];

describe("what an app decides, besides its fetch", () => {
  test.each([
    ["what is about the address is not its own", { fetch, error, port: 1, tls: {} }, { error }],
    ["static is the old name of routes", { static: old }, { routes: old }],
    ["static counts for nothing beside routes", { static: old, routes }, { routes }],
    [
      "what is undefined is not there",
      { routes: undefined, maxRequestBodySize: 1 },
      { maxRequestBodySize: 1 },
    ],
  ])("%s", (_claim, given, expected) => {
    expect(appsOwn(given)).toStrictEqual(expected);
  });
});

test("reload replaces handlers, under both names of routes, and no limits", () => {
  const given = { fetch, static: old, websocket: {}, maxRequestBodySize: 1, port: 1 };
  expect(replacedBy(given)).toStrictEqual({ fetch, routes: old, websocket: {} });
});

test("what an object has from its class is read too, and only by its names", () => {
  class App {
    readonly port = 1;
    fetch(): Response {
      return new Response();
    }
    get routes(): object {
      return routes;
    }
    get secret(): never {
      throw new Error("read");
    }
  }
  const app = new App();
  const given = whatBunReads(app as never);
  expect(given).toStrictEqual({ port: 1, fetch: app.fetch, routes });
});
