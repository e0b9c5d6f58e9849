// What `pounce check` says about `trusted_proxies`.
import { expect, test } from "bun:test";
import { proxyFindings } from "../../src/check/proxies.ts";

const UDS = { path: "/run/a/app.sock", mode: 0o660 };

test.each([
  [undefined, false, undefined, 0],
  [undefined, false, [], 0],
  [undefined, false, ["127.0.0.1"], 0],
  [undefined, false, ["unix", "10.0.0.0/8"], 0],
  [undefined, false, ["unix"], 1],
  [UDS, false, ["127.0.0.1"], 1],
  [UDS, false, ["127.0.0.1", "unix"], 0],
  [undefined, true, ["unix"], 0],
])("uds %p, passed sockets %p, proxies %p: %p warnings", (uds, isPassed, proxies, count) => {
  const config = { uds, socketActivation: isPassed, trustedProxies: proxies };
  expect(proxyFindings(config).map(({ level }) => level)).toEqual(Array(count).fill("warning"));
});
