// Limits at which a worker is replaced, and what is of no use without another.
import { expect, test } from "bun:test";
import { loadConfig } from "../../src/config/load.ts";

const load = (flags: Record<string, string>) => loadConfig({ flags, env: {}, cwd: "/" });

test("the limits are read with their units", () => {
  const loaded = load({
    "recycle-max-requests": "1000",
    "recycle-max-requests-jitter": "100",
    "recycle-max-rss": "1GiB",
    "recycle-max-lifetime": "12h",
  });
  expect(loaded).toMatchObject({
    ok: true,
    config: {
      recycle: {
        maxRequests: 1000,
        maxRequestsJitter: 100,
        maxRssBytes: 1024 ** 3,
        maxLifetimeMs: 12 * 3_600_000,
      },
    },
  });
});

test("jitter alone is a mistake", () => {
  expect(load({ "recycle-max-requests-jitter": "100" })).toMatchObject({
    ok: false,
    errors: [
      "--recycle-max-requests-jitter: this is added to recycle.max_requests: set that as well",
    ],
  });
  expect(load({ "recycle-max-requests-jitter": "0" })).toMatchObject({ ok: true });
});
