// `[tls]`: how its keys hang together. What is in the files: test/tls/.
import { expect, test } from "bun:test";
import { loadConfig } from "../../src/config/load.ts";

function tls(flags: Record<string, string>): unknown {
  const loaded = loadConfig({ flags, env: {}, cwd: "/srv" });
  return loaded.ok ? loaded.config.tls : loaded.errors;
}

test("without it, there is no TLS", () => {
  expect(tls({})).toBeUndefined();
});

test("certificates and keys are pairs, in their order", () => {
  expect(tls({ "tls-cert": "a.pem,/etc/b.pem", "tls-key": "a.key,b.key" })).toEqual({
    pairs: [
      { cert: "/srv/a.pem", key: "/srv/a.key" },
      { cert: "/etc/b.pem", key: "/srv/b.key" },
    ],
    places: { cert: "--tls-cert", key: "--tls-key" },
    http2: true,
    minVersion: "1.2",
  });
});

test.each([
  [{ "tls-cert": "a" }, "--tls-cert: expected tls.key as well: the certificate is of no use alone"],
  [{ "tls-key": "a" }, "--tls-key: expected tls.cert as well: the private key is of no use alone"],
  [
    { "tls-cert": "a", "tls-key": "b", h2c: "true" },
    '--h2c: expected false beside [tls], which has http2 for it, got "true"',
  ],
  [{ "tls-http2": "false" }, "--tls-http2: expected tls.cert and tls.key as well"],
  [{ "tls-min-version": "1.3" }, "--tls-min-version: expected tls.cert and tls.key as well"],
  [
    { "tls-cert": "a,b", "tls-key": "a" },
    '--tls-key: expected one for each certificate (2), got "a" (1)',
  ],
])("what is of no use is refused: %j", (flags, error) => {
  expect(tls(flags)).toEqual([error]);
});

test("a flag, a variable and a key for HTTP/3 are refused, with the reason", () => {
  const env = { POUNCE_TLS_HTTP3: "true" };
  const loaded = loadConfig({ flags: {}, env, cwd: "/srv" });
  expect(loaded).toEqual({
    ok: false,
    errors: [expect.stringMatching(/^POUNCE_TLS_HTTP3: .*HTTP\/3 is not served: where several/)],
  });
});
