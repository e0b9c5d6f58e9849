// Stops that wait first, or do not wait: shutdown_delay, INT, and a second INT.

import { describe, expect, test } from "bun:test";
import { drainToStop, END, type Scenario, serving } from "./scenario.ts";

function delayed(): Scenario {
  return serving({ shutdownDelayMs: 5000 }).stop("graceful");
}

describe("with shutdown_delay a graceful stop", () => {
  test("announces itself and keeps serving, then drains", () => {
    const server = delayed();
    expect(server.take()).toMatchObject([
      { message: "Received SIGTERM — stopping gracefully" },
      { message: "Health checks now get 503; still serving for 5s (shutdown_delay)" },
      { type: "health", draining: true },
    ]);
    server.pass(4999);
    expect(server.phases).toBe("0:ready 1:ready");
    server.pass(1);
    expect(server.takeOnly("drain")).toEqual([drainToStop(0, false), drainToStop(1, false)]);
  });

  test("announces itself once", () => {
    const server = delayed()
      .pass(5000)
      .obey(...END);
    expect(server.takeOnly("health")).toEqual([{ type: "health", draining: true }]);
  });

  test("does not wait any longer after an INT", () => {
    const server = delayed();
    server.take();
    server.stop("impatient");
    expect(server.takeOnly("drain")).toEqual([drainToStop(0, true), drainToStop(1, true)]);
  });
});

describe("an impatient stop", () => {
  test("drains every worker and closes idle connections", () => {
    const server = serving().stop("impatient");
    const effects = server.take();
    expect(effects).toContainEqual(drainToStop(0, true));
    expect(effects[0]).toMatchObject({
      message: "Received SIGINT — stopping without waiting for idle connections",
    });
  });

  test("makes a graceful one impatient", () => {
    const server = serving().stop("graceful").pass(1000);
    server.take();
    server.stop("impatient");
    expect(server.takeOnly("drain")).toEqual([
      drainToStop(0, true, 19_000),
      drainToStop(1, true, 19_000),
    ]);
  });

  test("a second time stops at once", () => {
    const server = serving().stop("impatient");
    server.take();
    server.stop("impatient");
    expect(server.takeOnly("kill").map(({ worker }) => worker)).toEqual([0, 1]);
    server.obey("kill");
    expect(server.takeOnly("exit")).toEqual([{ type: "exit", code: 0 }]);
  });
});

describe("a terminal that is closed", () => {
  const closed = { type: "terminal-closed" } as const;

  test("is an impatient stop, also the second time", () => {
    const server = serving().send(closed).send(closed);
    expect(server.takeLog()).toEqual([
      "[INFO] Received SIGHUP (the terminal was closed) — " +
        "stopping without waiting for idle connections",
    ]);
    expect(server.phases).toBe("0:draining 1:draining");
  });

  test("changes nothing about a stop that is under way", () => {
    const server = serving({ shutdownDelayMs: 5000 }).stop("graceful");
    server.take();
    expect(server.send(closed).take()).toEqual([]);
  });
});
