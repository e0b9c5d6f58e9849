// Stops: TERM and QUIT.

import { describe, expect, test } from "bun:test";
import { ADDRESS, drainToStop, END, serving, START, steered } from "../scenario.ts";

describe("a graceful stop", () => {
  test("drains every worker with shutdown_timeout, and makes every listener quiet", () => {
    const server = serving().stop("graceful");
    expect(server.take()).toEqual([
      {
        type: "log",
        level: "info",
        event: "stop-requested",
        message: "Received SIGTERM — stopping gracefully",
        fields: { by: "SIGTERM" },
      },
      drainToStop(0, false),
      drainToStop(1, false),
      { type: "quiet-listener", worker: 0, address: ADDRESS },
      { type: "quiet-listener", worker: 1, address: ADDRESS },
      { type: "health", draining: true },
    ]);
  });

  test("exits with 0 when the last worker has gone", () => {
    const server = serving()
      .stop("graceful")
      .obey(...END);
    const effects = server.take();
    expect(effects.at(-1)).toEqual({ type: "exit", code: 0 });
    expect(effects).toContainEqual({
      type: "log",
      level: "info",
      event: "stopped",
      message: "Stopped",
    });
    expect(server.state.groups.size).toBe(0);
  });

  test("forces at the deadline, and kills a second later who does not end", () => {
    const server = serving({ workers: 1 }).stop("graceful");
    server.take();
    server.pass(20_000);
    expect(server.takeOnly("force")).toEqual([{ type: "force", worker: 0 }]);
    server.pass(1000);
    expect(server.take()).toMatchObject([{ type: "log" }, { type: "kill", worker: 0 }]);
    server.crash(0);
    expect(server.takeOnly("exit")).toEqual([{ type: "exit", code: 0 }]);
  });

  test("is not asked for twice", () => {
    const server = serving().stop("graceful");
    server.take();
    server.stop("graceful");
    expect(server.take()).toEqual([]);
  });

  test("shortens the drain of an old generation, and never lengthens it", () => {
    const server = steered({ workers: 1 });
    server.take();
    server.stop("graceful");
    expect(server.takeOnly("drain")).toEqual([drainToStop(0, false), drainToStop(1, false)]);
    const late = steered({ workers: 1 }).pass(25_000);
    late.take();
    late.stop("graceful");
    expect(late.takeOnly("drain")).toEqual([drainToStop(0, false, 5000), drainToStop(1, false)]);
  });

  test("tells the timeout that came first of a drain that it cut short", () => {
    const server = steered({ workers: 1 }).stop("graceful");
    server.take();
    server.pass(20_000).obey("force");
    expect(server.takeLog()[0]).toStartWith(
      "[WARN] Worker 0 (generation 0) did not become idle after 20s — forcing shutdown",
    );
  });

  test("gives a drain that is overdue no negative time", () => {
    const server = steered({ workers: 1 });
    server.take();
    server.nowMs += 30_010;
    server.stop("graceful");
    expect(server.takeOnly("drain")).toEqual([drainToStop(0, false, 0), drainToStop(1, false)]);
  });
});

test("a stop at once kills every worker, whatever it does", () => {
  const server = steered().reload().obey("load-config");
  server.take();
  server.stop("now");
  const killed = new Set(server.takeOnly("kill").map(({ worker }) => worker));
  expect([...killed].toSorted()).toEqual([0, 1, 2, 3, 4]);
  server.obey("kill");
  expect(server.takeOnly("exit")).toEqual([{ type: "exit", code: 0 }]);
});

test("a HUP during a stop is ignored, and says so", () => {
  const server = serving({ shutdownDelayMs: 5000 }).stop("graceful");
  server.take();
  server.reload();
  expect(server.takeLog()).toEqual(["[WARN] Received SIGHUP — ignored: the server is stopping"]);
  server.pass(5000).obey(...START, ...END);
  expect(server.takeOnly("load-config")).toEqual([]);
});
