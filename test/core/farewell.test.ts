// With which code a draining worker closes its WebSockets, and how fast.
import { describe, expect, test } from "bun:test";
import type { DrainOrder } from "../../src/core/effects.ts";
import { farewellFor, farewellMs } from "../../src/core/farewell.ts";

type Order = Partial<Pick<DrainOrder, "closeIdle" | "webSockets">> & Pick<DrainOrder, "reason">;

const RESTART = { code: 4001, reason: "Service Restart" };
const AWAY = { code: 1001, reason: "Going Away" };
const paced = { frame: RESTART, isPaced: true };
const atOnce = { frame: RESTART, isPaced: false };
const stop = { frame: AWAY, isPaced: false };

describe("WebSockets are closed", () => {
  test.each<[string, Order, typeof paced]>([
    ["with the key's code, paced, at a reload", { reason: "reload" }, paced],
    ["with the key's code, paced, at a recycling", { reason: "recycle" }, paced],
    ["with the key's code, paced, at a rollback", { reason: "rollback" }, paced],
    ["at once by pounce dev", { reason: "reload", closeIdle: true }, atOnce],
    [
      "at once where the new version is not there",
      { reason: "reload", webSockets: "at-once" },
      atOnce,
    ],
    ["with 1001 at a stop", { reason: "stop" }, stop],
    ["with 1001 at an impatient stop", { reason: "stop", closeIdle: true }, stop],
    ["paced when the server scales down", { reason: "stop", webSockets: "paced" }, paced],
    ["at once when the master has died", { reason: "stop", webSockets: "at-once" }, atOnce],
  ])("%s", (_, order, expected) => {
    expect(farewellFor({ closeIdle: false, ...order }, 4001)).toEqual(expected);
  });
});

test.each([
  [0, 30_000, 0],
  [1, 30_000, 10],
  [50, 30_000, 500],
  [1000, 30_000, 10_000],
  [100_000, 30_000, 10_000],
  [100_000, 3000, 1000],
  [7, 100, 100 / 3],
])("%p of them, with %p ms to drain, are closed over %p ms", (count, timeoutMs, expected) => {
  expect(farewellMs(count, timeoutMs)).toBe(expected);
});
