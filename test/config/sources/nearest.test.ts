// The name that a mistyped one was meant to be.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { editDistance, suggest } from "../../../src/config/sources/nearest.ts";

describe("the edit distance", () => {
  test.each([
    ["", "", 0],
    ["", "abc", 3],
    ["port", "port", 0],
    ["prt", "port", 1],
    ["poort", "port", 1],
    ["pxrt", "port", 1],
    ["prot", "port", 1],
    ["kitten", "sitting", 3],
  ])("from %p to %p is %p", (from, to, distance) => {
    expect(editDistance(from, to)).toBe(distance);
  });

  test("is symmetric, zero only for equals, and at most the longer length", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 6 });
    fc.assert(
      fc.property(text, text, (a, b) => {
        const distance = editDistance(a, b);
        expect(distance).toBe(editDistance(b, a));
        expect(distance === 0).toBe(a === b);
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });
});

describe("a suggestion", () => {
  const keys = ["port", "workers", "reload_timeout"];

  test("for another server's word is what it is called here, as a flag too", () => {
    expect(suggest("instances", "key", keys)).toBe('did you mean "workers"?');
    expect(suggest("graceful_timeout", "key", keys)).toBe('did you mean "reload_timeout"?');
    expect(suggest("--instances", "flag", ["--port", "--workers"])).toBe(
      'did you mean "--workers"?',
    );
    expect(suggest("bind", "key", keys)).toBe('did you mean "port"?');
    expect(suggest("bind", "key", ["host", ...keys])).toBe('did you mean "host" and "port"?');
  });

  test.each([
    ["prot", 'did you mean "port"?'],
    ["PORT", 'did you mean "port"?'],
    ["worker", 'did you mean "workers"?'],
    ["reload-timeout", 'did you mean "reload_timeout"?'],
    ["reloadTimeout", 'did you mean "reload_timeout"?'],
    ["rel", 'did you mean "reload_timeout"?'],
    ["re", 'the nearest valid key is "port"'],
    ["zzzzzz", 'the nearest valid key is "port"'],
  ])("for %p is: %s", (name, remedy) => {
    expect(suggest(name, "key", keys)).toBe(remedy);
  });

  test("for the end of one name is that name, unless another is a typo away", () => {
    const flags = ["--port", "--tls-cert", "--log-level", "--limits-max-connections"];
    expect(suggest("--cert", "flag", flags)).toBe('did you mean "--tls-cert"?');
    expect(suggest("--max-connections", "flag", flags)).toBe(
      'did you mean "--limits-max-connections"?',
    );
    expect(suggest("--prt", "flag", ["--x-prt", "--port"])).toBe('did you mean "--port"?');
  });
});
