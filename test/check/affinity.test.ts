// What `pounce check` says about `affinity`.
import { expect, test } from "bun:test";
import { affinityFindings } from "../../src/check/affinity.ts";

const AFFINE = {
  affinity: "client",
  workers: 4,
  trustedProxies: undefined,
  host: ["0.0.0.0"],
} as const;

test.each([
  ["is none", { affinity: "none" }, undefined, undefined, ""],
  ["works", {}, undefined, "ok", "decides its slot"],
  ["is refused", {}, "EPERM", "error", "it refuses them here"],
  ["has one worker", { workers: 1 }, undefined, "ok", "one worker"],
  ["is behind a proxy", { trustedProxies: ["10.0.0.1"] }, undefined, "warning", "trusted_proxies"],
  ["is local", { host: ["127.0.0.1", "::1"] }, undefined, "warning", "only this machine"],
  ["is partly local", { host: ["127.0.0.1", "10.1.2.3"] }, undefined, "ok", "decides its slot"],
] as const)("affinity that %s", (_what, change, refusal, level, words) => {
  const [finding] = affinityFindings({ ...AFFINE, ...change }, refusal);
  expect(finding?.level).toBe(level as never);
  expect(finding?.found ?? "").toContain(words);
});
