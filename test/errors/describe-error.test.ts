// Whatever an app throws is told in full, and within bounds.
import { describe, expect, test } from "bun:test";
import { runInNewContext } from "node:vm";
import { describeError, errorFields } from "../../src/errors/describe-error.ts";

function throws(): never {
  throw new Error("trap");
}
function caused(): Error {
  const error = new Error("around itself");
  error.cause = error;
  return error;
}
const trapped = new Proxy({}, { get: throws, getPrototypeOf: throws, ownKeys: throws });
const getter = (name: string): Error =>
  Object.defineProperty(new Error("with a getter"), name, { enumerable: true, get: throws });

describe("whatever is thrown is told, within bounds:", () => {
  const thrown: Record<string, [value: unknown, expected: RegExp]> = {
    "a text": ["no\n[INFO] forged", /^"no\\n\[INFO\] forged" \(thrown, but not an Error\)$/],
    undefined: [undefined, /^undefined \(thrown, but not an Error\)$/],
    null: [null, /^null/],
    "an object": [{ code: 5 }, /code: 5/],
    "a symbol": [Symbol("s"), /Symbol\(s\)/],
    "a proxy that throws": [trapped, /thrown, but not an Error/],
    "a proxy of an error": [new Proxy(new Error("x"), { get: throws }), /^Error$/m],
    "its own inspection throws": [{ [Bun.inspect.custom]: throws }, /a value that cannot be read/],
    "a message that throws": [getter("message"), /^Error$/m],
    "a stack that throws": [getter("stack"), /^Error: with a getter$/m],
    "a property that throws": [getter("detail"), /detail: \(cannot be read\)/],
    "a cause that throws": [getter("cause"), /^Error: with a getter$/m],
    "an error that causes itself": [caused(), /caused by: the same error as above/],
    "a message of a megabyte": [new Error("m".repeat(1 << 20)), /m… \(1044576 more characters\)/],
    "a text of a megabyte": ["t".repeat(1 << 20), /more characters/],
    "10,000 errors": [
      new AggregateError(Array.from({ length: 10_000 }, (_, n) => new Error(`${n}`))),
      /and 9990 more errors/,
    ],
    "10,000 causes": [
      Array.from({ length: 10_000 }).reduce((cause) => new Error("one", { cause }), undefined),
      /and what caused it/,
    ],
    "an error of the web": [new DOMException("gone", "AbortError"), /^AbortError: gone$/],
  };
  test.each(Object.entries(thrown))("%s", (_, [value, expected]) => {
    const text = describeError(value);
    expect(text).toMatch(expected);
    expect(text.length).toBeLessThan(25_000);
    expect(JSON.stringify(errorFields(value)).length).toBeLessThan(10_000);
  });
});

test("an error has its class, place, code with a caret, properties and frames", () => {
  class OutOfStock extends Error {
    readonly item = "shoes";
  }
  const [head, ...rest] = describeError(new OutOfStock("none left")).split("\n");
  expect(head).toBe("Error: none left");
  const text = rest.join("\n");
  expect(text).toMatch(/\d+ \| .*new OutOfStock\("none left"\)/);
  expect(text).toMatch(/^ +\^$/m);
  expect(text).toContain('item: "shoes"');
  expect(text).toMatch(/at \S*.*describe-error\.test\.ts:\d+:\d+/);
});

test("causes and the errors in an error are told with theirs, each at its place", () => {
  const cause = new TypeError("inner");
  const text = describeError(new AggregateError([new Error("one"), "two"], "many", { cause }));
  const heads = text.split("\n").filter((line) => /^ *(Agg|error \d|caused)/.test(line));
  expect(heads).toEqual([
    "AggregateError: many",
    "  error 1 of it: Error: one",
    '  error 2 of it: "two" (thrown, but not an Error)',
    "  caused by: TypeError: inner",
  ]);
  expect(text.match(/^ +\^$/gm)).toHaveLength(3);
});

test("an error without a stack has the place that Bun knows of", () => {
  const error = Object.assign(new Error("two\nlines", { cause: new Error("inner") }), {
    stack: "",
  });
  const text = describeError(error);
  expect(text).toMatch(/^Error: two\nlines\n/);
  expect(text.match(/^ +\^$/gm)).toHaveLength(2);
  expect(text.match(/at .*describe-error\.test\.ts:\d+:\d+/g)?.length).toBeGreaterThanOrEqual(2);
});

test("an error of another realm is one", () => {
  const text = describeError(runInNewContext('new TypeError("of node:vm")'));
  expect(text).toMatch(/^TypeError: of node:vm\n/);
  expect(text).toMatch(/at .*describe-error\.test\.ts:\d+:\d+/);
});

test("a message that looks like frames is no frame", () => {
  const { at } = errorFields(new Error("x\n    at forged (/etc/passwd:1:1)"));
  expect(at).toMatch(/describe-error\.test\.ts:\d+:\d+$/);
});
