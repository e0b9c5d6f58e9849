// Which file has called a function.
import { expect, test } from "bun:test";
import { mkdtempSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { callerOf } from "../../../src/worker/program/caller.ts";

function who(): string {
  return `${callerOf(who)}`;
}

test("the caller is the file next to the function, whatever called that", () => {
  expect(who()).toBe(import.meta.path);
  expect([1].map(() => who())).toEqual([import.meta.path]);
});

test("what a compiler puts in place of an import reads for the file that has it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "pounce-caller-"));
  try {
    const helper = join(folder, "node_modules/tslib/tslib.js");
    await mkdir(join(folder, "node_modules/tslib"), { recursive: true });
    await Bun.write(helper, "exports.read = (get) => get();");
    const { read } = (await import(helper)) as { read: (get: typeof who) => string };
    expect(read(who)).toBe(import.meta.path);
  } finally {
    await rm(folder, { recursive: true });
  }
});

function own(): string {
  return "its own";
}

test("a program's own settings for stack traces are left as they are", () => {
  const { prepareStackTrace, stackTraceLimit } = Error;
  try {
    Error.prepareStackTrace = own;
    Error.stackTraceLimit = 0;
    expect(who()).toBe(import.meta.path);
    expect(Error.prepareStackTrace).toBe(own);
    expect(Error.stackTraceLimit).toBe(0);
  } finally {
    Object.assign(Error, { prepareStackTrace, stackTraceLimit });
  }
});
