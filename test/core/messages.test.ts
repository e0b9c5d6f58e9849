// The words of the log: what a worker stopped by force was doing.

import { describe, expect, test } from "bun:test";
import { message } from "../../src/core/messages.ts";

describe("a worker stopped by force", () => {
  const start = "Worker 2 (generation 0) did not become idle after 30s — forcing shutdown";

  test("is reported with its connections and its oldest request", () => {
    const oldest = { method: "POST", path: "/upload", ageMs: 45_000 };
    expect(message.forced(2, 0, 30_000, { connections: 4, inFlight: 1, oldest })).toBe(
      `${start} (4 connection(s), 1 in flight, oldest POST /upload for 45s)`,
    );
  });

  test("is reported without a request when it has none", () => {
    expect(message.forced(2, 0, 30_000, { connections: 4, inFlight: 0, oldest: undefined })).toBe(
      `${start} (4 connection(s), 0 in flight)`,
    );
  });

  test("is reported when it does not answer", () => {
    expect(message.forced(2, 0, 30_000, undefined)).toBe(`${start} (it does not answer)`);
  });
});

test("a respawn names the wait, if there is one", () => {
  expect(message.respawning(1, 7, 0)).toBe("Replacing worker 7 (slot 1)");
  expect(message.respawning(1, 7, 1500)).toBe("Replacing worker 7 (slot 1) in 1.5s");
});

describe("a worker that is not ready is told to be", () => {
  const table = {
    spawning: "starting its process",
    loading: "importing ./app.ts or running its startup hook",
    binding: "binding its address or warming up",
  } as const;
  for (const [phase, words] of Object.entries(table)) {
    test(`${words}, when ${phase}`, () => {
      expect(message.doing(phase as keyof typeof table, "./app.ts")).toBe(words);
    });
  }
});

test("a log that is reopened is reported in the new file, or why it is not", () => {
  expect(message.logReopened("SIGUSR1", "/var/log/pounce.log")).toBe(
    "Received SIGUSR1 — reopened /var/log/pounce.log",
  );
  expect(message.logNotReopened("SIGUSR1", "cannot open /x: EACCES: permission denied")).toBe(
    "Received SIGUSR1 — cannot open /x: EACCES: permission denied; still logging to where it was",
  );
});
