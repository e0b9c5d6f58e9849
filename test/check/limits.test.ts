// What `pounce check` says about limits.
import { expect, test } from "bun:test";
import { limitsFindings } from "../../src/check/limits.ts";
import type { Config } from "../../src/config/config.ts";

const DRAINS = { reloadTimeoutMs: 30_000, shutdownTimeoutMs: 60_000 };

test.each<[string, requestTimeoutMs: number, maxConnections: number, string[]]>([
  ["the defaults", 0, 0, []],
  ["limits that fit", 30_000, 900, []],
  ["a request that may outlive a reload", 45_000, 0, ["ok: 45s, longer than reload_timeout"]],
  [
    "one that may outlive a stop, too",
    90_000,
    0,
    ["ok: 90s, longer than reload_timeout", "ok: 90s, longer than shutdown_timeout"],
  ],
  [
    "more connections than descriptors",
    0,
    1000,
    ["warning: 1000, and a worker may have 1024 file descriptors"],
  ],
])("of %s", (_, requestTimeoutMs, maxConnections, expected) => {
  const config = { ...DRAINS, requestTimeoutMs, limits: { maxConnections } } as Config;
  const found = limitsFindings(config, 1024).map((it) => `${it.level}: ${it.found}`);
  expect(found).toEqual(expected);
});
