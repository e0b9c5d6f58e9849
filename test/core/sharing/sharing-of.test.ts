// The two ways of sharing addresses are told apart in one place.

import { expect, test } from "bun:test";
import { join } from "node:path";
import { Glob } from "bun";
import { kernel } from "../../../src/core/sharing/kernel.ts";
import { sharingOf } from "../../../src/core/sharing/sharing-of.ts";
import { solo } from "../../../src/core/sharing/solo.ts";
import { initialState } from "../../../src/core/state.ts";
import { SETTINGS, VERSION } from "../scenario.ts";

const CORE = join(import.meta.dir, "../../../src/core");

test("a state is of the way that it was begun with", () => {
  expect(sharingOf(initialState(SETTINGS, VERSION, "kernel"))).toBe(kernel);
  expect(sharingOf(initialState(SETTINGS, VERSION, "solo"))).toBe(solo);
});

test("no rule asks which way it is", async () => {
  for await (const file of new Glob("{moves,rules}/*.ts").scan(CORE)) {
    const text = await Bun.file(join(CORE, file)).text();
    expect([file, /"solo"|sharing\/solo|sharing\.name/.exec(text)]).toEqual([file, null]);
  }
});
