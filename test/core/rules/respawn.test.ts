// Crashes: who is replaced and when.

import { describe, expect, test } from "bun:test";
import { END, Scenario, SETTINGS, serving } from "../scenario.ts";

describe("a worker that crashes while it serves", () => {
  test("is replaced at once, in its slot", () => {
    const server = serving().crash(1);
    const effects = server.take();
    expect(effects).toContainEqual({ type: "spawn", worker: 2, generation: 0, slot: 1 });
    expect(effects.filter(({ type }) => type === "log")).toMatchObject([
      { message: "Worker 1 (generation 0) exited unexpectedly: signal SIGSEGV" },
      { message: "Replacing worker 1 (slot 1)" },
    ]);
  });

  test("again is replaced after the wait, which is a deadline", () => {
    const server = serving().crash(1).crash(0);
    expect(server.takeLog()).toContain("[INFO] Replacing worker 0 (slot 0) in 500ms");
    server.pass(499);
    expect(server.takeOnly("spawn")).toEqual([]);
    server.pass(1);
    expect(server.takeOnly("spawn")).toEqual([
      { type: "spawn", worker: 3, generation: 0, slot: 0 },
    ]);
  });

  test("beyond the budget is reported, and replaced all the same: others serve", () => {
    const server = serving({ respawn: { ...SETTINGS.respawn, maxCrashes: 1 } }).crash(1);
    expect(server.takeLog()).toContain(
      "[ERROR] 1 crashes within 60s — the crash budget is spent (respawn.max_crashes)",
    );
    expect(server.phases).toBe("0:ready 2:spawning");
  });
});

describe("a replacement", () => {
  test("that fails, dies or hangs is replaced in its turn", () => {
    const server = serving().crash(1);
    server.send({ type: "worker-failed", worker: 2, reason: "no such table" }).obey("stop");
    server.pass(500).crash(3);
    server.pass(1000);
    expect(server.phases).toBe("0:ready 4:spawning");
    server.pass(30_000).obey("kill");
    server.pass(2000);
    expect(server.phases).toBe("0:ready 5:spawning");
  });

  test("is not made for a worker that drains", () => {
    const server = serving().scale(-1).crash(1);
    expect(server.phases).toBe("0:ready");
  });
});

/** At the start, the first worker has crashed after it was ready. */
function crashedAtStart(maxCrashes: number): Scenario {
  return new Scenario({ respawn: { ...SETTINGS.respawn, maxCrashes } })
    .send({ type: "tick" })
    .send({ type: "worker-loaded", worker: 0 })
    .obey("bind")
    .crash(0);
}

describe("at the start", () => {
  test("a crash of a ready worker is answered by a replacement", () => {
    expect(crashedAtStart(2).phases).toBe("1:spawning 2:spawning");
  });

  test("a spent budget ends the server with exit code 1", () => {
    const server = crashedAtStart(1).obey(...END);
    expect(server.takeOnly("exit")).toEqual([{ type: "exit", code: 1 }]);
  });
});

test("while shutdown_delay passes a crashed worker is replaced, and after it is not", () => {
  const server = serving({ shutdownDelayMs: 5000 }).stop("graceful").crash(0);
  expect(server.takeOnly("spawn")).toHaveLength(1);
  server.pass(5000).crash(1);
  expect(server.takeOnly("spawn")).toEqual([]);
});
