// Which parts of Hono are built in: each of its exports is offered or left out, by a decision.
import { expect, test } from "bun:test";
import manifest from "../../node_modules/hono/package.json";
import { nameClasses } from "../../src/built-in/class-names.ts";
import { BUILT_IN_MODULES } from "../../src/built-in/hono.ts";

const LEFT_OUT =
  /^hono\/(utils\/|jsx\/dom|(types|request|hono-base|ssg|testing|cloudflare-workers|cloudflare-pages|deno|aws-lambda|vercel|netlify|lambda-edge|service-worker)$)/;

test("every export of Hono is either offered or left out", () => {
  const all = Object.keys(manifest.exports).map((path) => `hono${path.slice(1)}`);
  const offered = Object.keys(BUILT_IN_MODULES);
  expect(offered.toSorted()).toEqual(all.filter((name) => !LEFT_OUT.test(name)).toSorted());
});

test.each(Object.entries(BUILT_IN_MODULES))("%s is what its name says", async (name, load) => {
  expect(Object.keys(await load())).toEqual(Object.keys(await import(name)));
});

test("a class is called what it is exported as, and nothing else gets another name", () => {
  const exports = { Hono: Short, helper: short, default: Standard, constant: 1 };
  expect(nameClasses(exports)).toBe(exports);
  expect([Short.name, short.name, Standard.name]).toEqual(["Hono", "short", "Standard"]);
});

class Short extends Date {}

class Standard extends Date {}

function short(): void {}
