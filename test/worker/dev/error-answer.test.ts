// Who gets which form of an error, and who gets no details.
import { describe, expect, test } from "bun:test";
import { reportError } from "../../../src/errors/report-error.ts";
import { errorAnswer } from "../../../src/worker/dev/error-answer.ts";
import { isLocalName } from "../../../src/worker/dev/local-names.ts";

const story = {
  what: "GET /a: the app threw",
  report: reportError(new Error("no such user")),
  version: { id: "7.3", generation: 3, app: "./app.ts" },
  method: "GET",
  folder: "/",
};

function answer(headers: Record<string, string>): Response {
  return errorAnswer(new Request("http://localhost:8000/a", { headers }), story);
}

describe("the form of the answer:", () => {
  const HTML = "text/html; charset=utf-8";
  const TEXT = "text/plain; charset=utf-8";
  const JSON_TYPE = "application/problem+json";
  const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
  test.each<[string, Record<string, string>, string]>([
    ["a browser that opens a page", { accept: browser, "sec-fetch-dest": "document" }, HTML],
    ["a browser that opens a frame", { accept: browser, "sec-fetch-dest": "iframe" }, HTML],
    ["an old browser", { accept: browser }, HTML],
    ["a script that asks for HTML", { accept: "text/html", "sec-fetch-dest": "empty" }, TEXT],
    ["an image", { accept: "image/*,*/*;q=0.8", "sec-fetch-dest": "image" }, TEXT],
    ["curl", { accept: "*/*" }, TEXT],
    ["a client that accepts nothing by name", {}, TEXT],
    ["a script that asks for JSON", { accept: "application/json, text/plain" }, JSON_TYPE],
    ["one that asks for a kind of JSON", { accept: "application/vnd.api+json" }, JSON_TYPE],
  ])("%s", (_, headers, type) => {
    const response = answer(headers);
    expect([response.status, response.headers.get("content-type")]).toEqual([500, type]);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  });
});

test("text, JSON and the page say the same", async () => {
  const text = await answer({}).text();
  expect(text).toStartWith("GET /a: the app threw: Error: no such user\n");
  expect(text).toContain("error-answer.test.ts:");
  expect(text).toMatch(/[^\n]\n$/);
  const json = (await answer({ accept: "application/json" }).json()) as Record<string, unknown>;
  expect(json).toMatchObject({
    title: "Internal Server Error",
    status: 500,
    detail: text.slice(0, -1),
    error: "Error: no such user",
    generation: 3,
  });
  expect(json["at"]).toMatch(/error-answer\.test\.ts:\d+:\d+$/);
  expect(await answer({ accept: "text/html" }).text()).toContain("no such user");
});

test("each page has a nonce of its own", () => {
  const policies = [1, 2].map(() =>
    answer({ accept: "text/html" }).headers.get("content-security-policy"),
  );
  expect(policies[0]).not.toBe(policies[1]);
});

describe("details are only for requests under a name that no foreign page can take:", () => {
  test.each<[string | null, boolean]>([
    ["localhost:8000", true],
    ["127.0.0.1:8000", true],
    ["192.168.1.7", true],
    ["[::1]:8000", true],
    ["app.localhost", true],
    ["laptop.local:3000", true],
    ["app.test", true],
    ["app.internal", true],
    ["laptop:8000", true],
    [null, true],
    ["evil.example", false],
    ["localhost.evil.example", false],
    ["127.0.0.1.evil.example", false],
    ["evil-local", true],
    ["notlocal.com", false],
    ["mylocal.dev", false],
  ])("%s → %p", (host, isLocal) => {
    expect(isLocalName(host)).toBe(isLocal);
  });

  test("another name gets neither the message nor the place, in any form", async () => {
    for (const accept of ["*/*", "text/html", "application/json"]) {
      const response = answer({ host: "evil.example", accept });
      const text = await response.text();
      expect(response.status).toBe(500);
      expect(text).not.toContain("no such user");
      expect(text).not.toContain(".ts");
      expect(text).toContain("a local name");
    }
  });
});
