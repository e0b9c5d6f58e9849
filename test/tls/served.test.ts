// Several certificates: which names each is served for.
import { expect, test } from "bun:test";
import { covers } from "../../src/tls/certificate.ts";
import { checkPair, type Pair } from "../../src/tls/check-pair.ts";
import { checkPairs } from "../../src/tls/check-pairs.ts";
import { certificatesToServe } from "../../src/tls/served.ts";
import { makeCertificate, type Wanted } from "../helpers/certificates.ts";

function pairOf(names: readonly string[], key: Wanted["key"] = "ec"): Pair {
  const result = checkPair(makeCertificate({ names, key }), Date.now());
  if (!result.ok) throw new Error(result.problem.words);
  return result.pair;
}

const servedNames = (...lists: string[][]): (readonly string[])[] =>
  certificatesToServe(lists.map((names) => pairOf(names))).map(({ names }) => names);

test.each([
  ["a.test", "a.test", true],
  ["a.test", "b.a.test", false],
  ["*.a.test", "b.a.test", true],
  ["*.a.test", "a.test", false],
  ["*.a.test", "c.b.a.test", false],
])("%s is for %s: %s", (name, host, is) => {
  expect(covers(name, host)).toBe(is);
});

test("the first is for all others, so its names need no entry", () => {
  expect(servedNames(["a.test", "www.a.test"], ["b.test"])).toEqual([[], ["b.test"]]);
});

test("unless a wildcard of another would take them", () => {
  expect(servedNames(["www.a.test", "b.test"], ["*.a.test"])).toEqual([
    ["www.a.test"],
    ["*.a.test"],
  ]);
});

test("a name that two have is the first one's, and the log says so", () => {
  expect(servedNames(["x.test"], ["a.test", "b.test"], ["b.test", "c.test"])).toEqual([
    [],
    ["a.test", "b.test"],
    ["c.test"],
  ]);
  const pairs = [["x.test"], ["a.test", "b.test"], ["b.test"]].map((names) => pairOf(names));
  expect(checkPairs(pairs)).toEqual({
    errors: [],
    warnings: [{ index: 2, words: "is for b.test, and so is number 2 in the list, which is used" }],
  });
});

test("two for the same names with keys of different kinds are served together", () => {
  const [ec, rsa] = [pairOf(["a.test", "b.test"]), pairOf(["b.test", "a.test"], "rsa")] as const;
  expect(certificatesToServe([ec, rsa])).toEqual([
    { certs: [ec.cert, rsa.cert], keys: [ec.key, rsa.key], names: [] },
  ]);
  expect(checkPairs([ec, rsa])).toEqual({ errors: [], warnings: [] });
});

test("only the first may be without names", () => {
  const [none, named] = [pairOf(["10.0.0.1"]), pairOf(["a.test"])] as const;
  expect(checkPairs([none, named]).errors).toEqual([]);
  expect(checkPairs([named, none]).errors).toEqual([
    { index: 1, words: "names no DNS name (10.0.0.1), so nobody could ask for it: list it first" },
  ]);
});
