// HUPs that come while a reload is under way, and reloads that wait for drains.

import { describe, expect, test } from "bun:test";
import { END, Scenario, serving, START, steered } from "./scenario.ts";

describe("HUPs", () => {
  test("before the new generation is steered to are followed by exactly one more reload", () => {
    const server = serving().reload();
    for (let signal = 0; signal < 100; signal++) server.reload();
    expect(server.takeOnly("load-config")).toHaveLength(1);
    server.obey("load-config").reload().obey("spawn").reload().obey("bind");
    expect(server.state.rollout).toMatchObject({ name: "configuring", generation: 2 });
    server.obey(...START, ...END);
    expect(server.takeOnly("reload-ended").map(({ generation }) => generation)).toEqual([1, 2]);
    expect(server.state.rollout).toEqual({ name: "none" });
  });

  test("that have to wait are reported once", () => {
    const server = serving().reload();
    server.take();
    server.reload().reload();
    expect(server.takeLog()).toEqual([
      "[INFO] Received SIGHUP — a reload is in progress; another will follow",
    ]);
  });

  test("at the start are followed by one reload", () => {
    const server = new Scenario().send({ type: "tick" }).reload().reload();
    expect(server.takeLog()).toEqual([
      "[INFO] Received SIGHUP — still starting; a reload will follow",
    ]);
    server.obey(...START);
    expect(server.state.serving).toBe(1);
  });

  test("while generations drain begin another reload", () => {
    const server = steered();
    server.reload().obey(...START);
    expect(server.state.serving).toBe(2);
    expect(server.phases).toBe("0:draining 1:draining 2:draining 3:draining 4:ready 5:ready");
  });
});

/** Two generations drain, as many as may. */
function full(): Scenario {
  const server = serving({ workers: 1, maxDraining: 2 });
  for (let round = 0; round < 2; round++) server.reload().obey(...START);
  server.take();
  return server;
}

describe("at max_draining", () => {
  test("the next reload waits, and the log says so once", () => {
    const server = full().reload().reload();
    expect(server.take()).toEqual([
      {
        type: "log",
        level: "warn",
        event: "reload-waits",
        message:
          "Reload postponed: 2 generations are still draining, the most allowed at once; it starts when one has finished",
        fields: { draining: 2 },
      },
    ]);
  });

  test("it begins when a generation has gone", () => {
    const server = full().reload();
    server.take();
    server.crash(0);
    expect(server.takeOnly("load-config")).toHaveLength(1);
  });

  test("a stuck generation holds it up no longer than its deadline", () => {
    const server = full().reload().pass(30_000).obey("force");
    expect(server.takeOnly("load-config")).toHaveLength(1);
  });
});
