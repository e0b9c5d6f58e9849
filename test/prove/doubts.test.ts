// What is said of a proof that says less than it seems to.
import { expect, test } from "bun:test";
import { doubtsOfLoad, endlessAnswers } from "../../src/prove/doubts.ts";
import type { Answer } from "../../src/prove/load/probe.ts";
import { modeResult } from "./evidence.ts";

test("it is said of which answers nobody can know whether they are whole", () => {
  const upgrade: Answer = { is: "none", words: "" };
  const get: Answer = { is: "whole", status: 200, bodyBytes: 5 };
  const endless: Answer = { ...get, endsByClose: true };
  const found = [
    { path: "/a", get, post: undefined, upgrade, h2: undefined },
    { path: "/b", get: endless, post: undefined, upgrade, h2: undefined },
    { path: "/c", get, post: endless, upgrade, h2: undefined },
  ];
  expect(endlessAnswers(found)).toEqual([
    "/b answers without a length: one that is cut looks whole",
    "/c answers without a length: one that is cut looks whole",
  ]);
});

test("it is said that clients stood still, or had no port", () => {
  expect(doubtsOfLoad([modeResult()], 0)).toEqual([]);
  expect(doubtsOfLoad([modeResult({ noPort: 2 }), modeResult({ noPort: 3 })], 3000)).toEqual([
    "the clients themselves stood still for 3.0s: that is in the times above",
    "clients waited 5 times for a free local port; --rate N asks less",
  ]);
});
