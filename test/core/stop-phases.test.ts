// A stop of every kind, in every phase of the server: it ends, nobody is left, everything is told.

import { describe, expect, test } from "bun:test";
import type { Effect } from "../../src/core/effects.ts";
import { END, Scenario, serving, START, steered } from "./scenario.ts";

const phases: Readonly<Record<string, () => Scenario>> = {
  "before the first tick": () => new Scenario(),
  "while the first worker loads": () => new Scenario().send({ type: "tick" }),
  "while the first generation binds": () => new Scenario().send({ type: "tick" }).obey("spawn"),
  "while it serves": () => serving(),
  "while the configuration is read": () => serving().reload(),
  "in the first load of a reload": () => serving().reload().obey("load-config"),
  "while new workers bind": () => serving().reload().obey("load-config", "spawn"),
  "while the old generation drains": () => steered(),
  "while one more reload is queued": () => serving().reload().obey("load-config").reload(),
  "while a reload waits for drains": () => steered({ maxDraining: 1 }).reload(),
  "while a crashed worker waits to be replaced": () => serving().crash(0).crash(1),
  "in the shutdown delay": () => serving({ shutdownDelayMs: 9000 }).stop("graceful"),
  "while it stops": () => serving().stop("graceful"),
};

function count(effects: readonly Effect[], type: Effect["type"]): number {
  return effects.filter((effect) => effect.type === type).length;
}

for (const mode of ["graceful", "impatient", "now"] as const) {
  describe(`a stop (${mode})`, () => {
    for (const [phase, reach] of Object.entries(phases)) {
      test(phase, () => {
        const server = reach();
        const begun = server.state.generations.size === 0 ? 0 : server.state.nextGeneration - 1;
        server.stop(mode).obey(...START, ...END);
        server.pass(10_000).obey(...START, ...END);
        expect(server.state.exited).toBe(true);
        expect(server.state.workers.size).toBe(0);
        expect(server.state.groups.size).toBe(0);
        const effects = server.take();
        expect(effects.at(-1)).toEqual({ type: "exit", code: 0 });
        expect(count(effects, "exit")).toBe(1);
        expect(count(effects, "reload-ended")).toBe(begun);
      });
    }

    test("with workers that never answer", () => {
      const server = steered().stop(mode).pass(60_000);
      expect(server.takeOnly("kill").length).toBeGreaterThanOrEqual(4);
      server.obey("kill");
      expect(server.state.exited).toBe(true);
    });
  });
}

test("after the exit nothing happens any more", () => {
  const server = serving().stop("now").obey("kill");
  server.take();
  server.reload().stop("graceful").scale(1).send({ type: "tick" }).pass(100_000);
  expect(server.take()).toEqual([]);
});

test("a rollout that a stop ends is rejected without the line that says it failed", () => {
  const server = serving().reload().obey("load-config");
  server.take();
  server.stop("graceful");
  const effects = server.take();
  expect(effects).toContainEqual({
    type: "reload-ended",
    generation: 1,
    outcome: "rejected",
    reason: "the server is stopping",
    workers: 0,
  });
  expect(effects.filter((e) => e.type === "log").map(({ event }) => event)).not.toContain(
    "reload-failed",
  );
});
