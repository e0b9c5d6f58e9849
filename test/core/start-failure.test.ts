// A start that fails has nothing to fall back to: the server says so and exits with 1.

import { describe, expect, test } from "bun:test";
import { END, Scenario } from "./scenario.ts";

describe("the start fails, with exit code 1, by", () => {
  const starts: readonly [string, (server: Scenario) => void][] = [
    ["a first worker that fails", (s) => s.send({ type: "worker-failed", worker: 0, reason: "x" })],
    ["a first worker that dies", (s) => s.crash(0)],
    ["a first worker that hangs", (s) => s.pass(30_000)],
    ["another worker that dies", (s) => s.send({ type: "worker-loaded", worker: 0 }).crash(1)],
    ["a hung bind", (s) => s.obey("spawn").pass(5000)],
  ];
  for (const [what, fail] of starts) {
    test(what, () => {
      const server = new Scenario().send({ type: "tick" });
      fail(server);
      server.obey(...END);
      const effects = server.take();
      expect(effects.at(-1)).toEqual({ type: "exit", code: 1 });
      expect(effects).toContainEqual({
        type: "log",
        level: "error",
        event: "start-failed",
        message: "Start failed — the app could not be loaded",
      });
      expect(server.state.exited).toBe(true);
    });
  }
});
