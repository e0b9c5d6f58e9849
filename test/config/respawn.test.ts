// `[respawn]`: how its keys hang together.
import { expect, test } from "bun:test";
import { loadConfig } from "../../src/config/load.ts";

function respawn(flags: Record<string, string>): unknown {
  const loaded = loadConfig({ flags, env: {}, cwd: "/" });
  return loaded.ok ? loaded.config.respawn : loaded.errors;
}

test("its values come in milliseconds", () => {
  const flags = { "respawn-max-crashes": "2", "respawn-window": "2m", "respawn-backoff-min": "1" };
  expect(respawn({ ...flags, "respawn-backoff-max": "1s" })).toEqual({
    maxCrashes: 2,
    windowMs: 120_000,
    backoffMinMs: 1000,
    backoffMaxMs: 1000,
    uncaught: "recycle",
  });
});

test.each([
  [
    { "respawn-backoff-min": "1m" },
    '--respawn-backoff-min: expected at most backoff_max (30s), got "1m"',
  ],
  [
    { "respawn-backoff-max": "100ms" },
    '--respawn-backoff-max: expected at least backoff_min (500ms), got "100ms"',
  ],
  [
    { "respawn-backoff-min": "9s", "respawn-backoff-max": "8s" },
    '--respawn-backoff-max: expected at least backoff_min (9s), got "8s"',
  ],
])("a shortest wait longer than the longest is refused: %j", (flags, error) => {
  expect(respawn(flags)).toEqual([error]);
});
