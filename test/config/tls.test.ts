// `[tls]`: how its keys hang together. What is in the files: test/tls/.
import { expect, test } from "bun:test";
import { loadConfig } from "../../src/config/load.ts";
import { usualStateFolder } from "../../src/config/state-folder.ts";

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

test.each([
  [{ "tls-acme-domains": "*.a.test", "tls-acme-email": "a@a.test" }, /^--tls-acme-domains: /],
  [{ "tls-acme-domains": "", "tls-min-version": "1.3" }, /^--tls-acme-domains: /],
  [{ "tls-cert": "", "tls-key": "k" }, /^--tls-cert: /],
])("what is there, but wrong, is not called missing: %j", (flags, error) => {
  expect(tls(flags)).toEqual([expect.stringMatching(error)]);
});

const STATE = { "state-directory": "/state" };

test("ordered certificates have a file each, for certificate and key", () => {
  const flags = { ...STATE, "tls-acme-domains": "A.test,b.test", "tls-acme-ca": "ca.pem" };
  const ca = "https://ca.test:14000/dir";
  const folder = "/state/acme/ca.test_14000";
  const [a, b] = ["a", "b"].map((name) => `${folder}/certificates/${name}.test.pem`);
  expect(tls({ ...flags, "tls-acme-directory": ca })).toEqual({
    pairs: [
      { cert: a, key: a },
      { cert: b, key: b },
    ],
    places: { cert: "--tls-acme-domains", key: "--tls-acme-domains" },
    http2: true,
    minVersion: "1.2",
    acme: {
      domains: ["a.test", "b.test"],
      directory: ca,
      ca: "/srv/ca.pem",
      caPlace: "--tls-acme-ca",
      httpPort: 80,
      stateFolder: "/state",
      folder,
    },
  });
});

test.each([
  [
    { "tls-acme-domains": "a.test", "tls-cert": "a", "tls-key": "b" },
    [
      '--tls-cert: expected nothing beside acme, got "a"',
      '--tls-key: expected nothing beside acme, got "b"',
    ],
  ],
  [{ "tls-acme-email": "a@b.test" }, ["--tls-acme-email: expected tls.acme.domains as well"]],
  [
    { "tls-acme-domains": "a.test", port: "80" },
    ['--port: expected 443, got "80": acme needs it for the CA\'s questions'],
  ],
  [
    { "tls-acme-domains": "a.test", port: "8443", "tls-acme-http-port": "8443" },
    ['--tls-acme-http-port: expected a port other than the app\'s, got "8443"'],
  ],
  [
    { "tls-acme-domains": "*.a.test" },
    [expect.stringMatching(/no certificate for \*\.a\.test can be ordered here.*certbot/)],
  ],
  [
    { "tls-acme-domains": "127.0.0.1" },
    [expect.stringContaining("127.0.0.1 is an IP address: only names are ordered for")],
  ],
  [
    { "tls-acme-domains": "a.test,intranet,db" },
    [
      '--tls-acme-domains: expected names with a dot, as in "www.example.com", got intranet, db: ' +
        "Let's Encrypt vouches for no others; for a CA of your own, set tls.acme.directory",
    ],
  ],
  [
    { "tls-acme-domains": Array.from({ length: 51 }, (_, index) => `a${index}.test`).join(",") },
    [
      expect.stringMatching(
        /^--tls-acme-domains: expected a domain .*, or a list of 1 to 50, got /,
      ),
    ],
  ],
])("what cannot be ordered is refused: %j", (flags, errors) => {
  expect(tls({ ...STATE, ...flags })).toEqual(errors);
});

test.each(["localhost", "a.localhost", "LOCALHOST."])("no CA is asked for %s", (name) => {
  const flags = { "tls-acme-domains": name, "tls-acme-directory": "https://ca.test/dir" };
  expect(tls({ ...STATE, ...flags })).toEqual([
    expect.stringContaining(`${name} is this machine for everybody`),
  ]);
});

test("a CA of one's own may know names without a dot", () => {
  const flags = { "tls-acme-domains": "intranet", "tls-acme-directory": "https://ca.test/dir" };
  expect(tls({ ...STATE, ...flags })).toMatchObject({ acme: { domains: ["intranet"] } });
});

test.each([
  [{ STATE_DIRECTORY: "/var/lib/a:/var/lib/b", XDG_STATE_HOME: "/x" }, 0, "/var/lib/a"],
  [{ XDG_STATE_HOME: "/x" }, 0, "/var/lib/pounce"],
  [{ XDG_STATE_HOME: "/x" }, 1000, "/x/pounce"],
  [{ XDG_STATE_HOME: "x", STATE_DIRECTORY: "" }, 1000, "/home/me/.local/state/pounce"],
])("without state_directory it is kept where the system keeps such things: %j", (...given) => {
  const [variables, uid, expected] = given;
  expect(usualStateFolder(variables, uid, () => "/home/me")).toBe(expected);
});
