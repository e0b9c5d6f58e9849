// A configuration with a debugger: one worker, and patience where it waits.
import { expect, test } from "bun:test";
import type { Config } from "../../../src/config/config.ts";
import { fitToDebugger } from "../../../src/master/plan/fit-to-debugger.ts";

const config = { workers: 3, startupTimeoutMs: 30_000, hangTimeoutMs: 30_000 } as Config;
const inspect = { host: "127.0.0.1", port: 9229, waits: false };

test("without a debugger nothing changes", () => {
  expect(fitToDebugger(config, undefined)).toEqual({ config, notes: [] });
});

test("a debugger attaches to one worker, and the log says so", () => {
  expect(fitToDebugger(config, inspect)).toEqual({
    config: { ...config, workers: 1, hangTimeoutMs: 0 },
    notes: ["workers: using 1 instead of 3: a debugger attaches to one (--inspect)"],
  });
  expect(fitToDebugger({ ...config, workers: 1 }, inspect).notes).toEqual([]);
});

test("a worker that waits for a debugger is not killed for that", () => {
  const { startupTimeoutMs } = fitToDebugger(config, { ...inspect, waits: true }).config;
  expect(startupTimeoutMs).toBeGreaterThan(8 * 60 * 60 * 1000);
});
