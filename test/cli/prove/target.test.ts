// Where `--url` leads.
import { expect, test } from "bun:test";
import { resolve } from "node:path";
import { targetIn, trustIn } from "../../../src/cli/prove/target.ts";

test.each([
  ["http://example.com", { host: "example.com", port: 80 }, false],
  ["http://[::1]:8000/", { host: "::1", port: 8000 }, false],
  ["https://example.com", { host: "example.com", port: 443 }, true],
  ["https://127.0.0.1:8443", { host: "127.0.0.1", port: 8443 }, true],
  ["unix:/run/app.sock", { path: "/run/app.sock" }, false],
  ["unix:///run/app.sock", { path: "/run/app.sock" }, false],
  ["unix:app.sock", { path: resolve("app.sock") }, false],
  ["unix:@app", { path: "@app" }, false],
])("%s", (text, address, isSecure) => {
  expect(targetIn(text)).toEqual({ address, isSecure });
});

test("whose certificates are taken is said by --insecure, or not at all", () => {
  expect(trustIn(undefined, true)).toEqual({ isUnchecked: true });
  expect(trustIn(undefined, false)).toBeUndefined();
});
