// A configuration on a system that cannot have all of it.
import { expect, test } from "bun:test";
import { loadConfig } from "../../../src/config/load.ts";
import { fitToPlatform } from "../../../src/master/plan/fit-to-platform.ts";
import { capabilitiesOf } from "../../../src/platform.ts";

function configured(flags: Record<string, string>) {
  const loaded = loadConfig({ flags, env: {}, cwd: "/" });
  if (!loaded.ok) throw new Error(loaded.errors.join());
  return loaded.config;
}

test("Linux has a configuration as it is", () => {
  const config = configured({
    workers: "4",
    "log-capture": "true",
    "limits-max-connections": "100",
  });
  expect(fitToPlatform(config, capabilitiesOf("linux"))).toEqual({ config, notes: [] });
});

test("where addresses are not shared there is one worker, and a note for each key that is left out", () => {
  const config = configured({
    workers: "4",
    "log-capture": "true",
    "limits-max-connections": "100",
    "recycle-max-requests": "1000",
  });
  const { config: fit, notes } = fitToPlatform(config, capabilitiesOf("darwin"));
  expect(fit).toMatchObject({
    workers: 1,
    log: { capture: false },
    limits: { maxConnections: 0, headerTimeoutMs: config.limits.headerTimeoutMs },
    recycle: { maxRequests: 0 },
  });
  expect(notes).toEqual([
    expect.stringMatching(/^workers: using 1 instead of 4: on this system/),
    expect.stringMatching(/^log\.capture: using false instead of true/),
    expect.stringMatching(/^recycle: no worker is replaced for it: on this system/),
    expect.stringMatching(/^limits\.max_connections: using 0 instead of 100/),
  ]);
});

test("where addresses are not shared, one worker needs no note", () => {
  const config = configured({ workers: "1" });
  expect(fitToPlatform(config, capabilitiesOf("darwin")).notes).toEqual([]);
});
