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

test.each([
  [{}, []],
  [
    { uds: "/run/app.sock" },
    [expect.stringMatching(/"close" instead of "carry": on a Unix socket/)],
  ],
  [
    { "tls-cert": "a.pem", "tls-key": "a.key" },
    [expect.stringMatching(/^websocket\.on_reload: using "close" instead of "carry": no other/)],
  ],
])("WebSockets move to a new version, unless %p says otherwise", (flags, notes) => {
  const config = configured({ "websocket-on-reload": "carry", ...flags });
  const fitted = fitToPlatform(config, capabilitiesOf("linux"));
  expect(fitted.notes).toEqual(notes);
  expect(fitted.config.websocket.onReload).toBe(notes.length === 0 ? "carry" : undefined);
});

test("where one worker listens at a time, WebSockets are closed", () => {
  const config = configured({ workers: "1", "websocket-on-reload": "carry" });
  const { notes } = fitToPlatform(config, capabilitiesOf("darwin"));
  expect(notes).toEqual([expect.stringMatching(/"close" instead of "carry": on this system/)]);
});
