// The grammar of `Forwarded` (RFC 7239).
import { expect, test } from "bun:test";
import fc from "fast-check";
import { readForwarded } from "../../../src/worker/http/forwarded.ts";

test.each<[header: string, nodes: (string | undefined)[]]>([
  ["for=192.0.2.60", ["192.0.2.60"]],
  ["for=192.0.2.60;proto=http;by=203.0.113.43", ["192.0.2.60"]],
  ["proto=https", [undefined]],
  ["for=192.0.2.43, for=198.51.100.17", ["192.0.2.43", "198.51.100.17"]],
  ["FOR=192.0.2.43,\tFor=198.51.100.17", ["192.0.2.43", "198.51.100.17"]],
  ['for="[2001:db8:cafe::17]:4711"', ["[2001:db8:cafe::17]:4711"]],
  ['for="_gazonk"', ["_gazonk"]],
  ["for=unknown;secret=abc", ["unknown"]],
  ['host="a,b;c";for=x', ["x"]],
  [String.raw`for="a\"b\\c"`, [String.raw`a"b\c`]],
])("%s", (header, nodes) => {
  expect(readForwarded(header)?.map(({ node }) => node)).toEqual(nodes);
});

test("each element is given back as it was written", () => {
  const header = 'for=1.2.3.4 ; proto=https ,  for="_b,c"';
  expect(readForwarded(header)?.map(({ text }) => text)).toEqual([
    "for=1.2.3.4 ; proto=https",
    'for="_b,c"',
  ]);
});

test.each([
  "",
  " ",
  "for",
  "for=",
  "for=a,",
  "for=a;",
  ",for=a",
  "for=a b",
  "for=a;for=b",
  'for="a',
  'for=a"b"',
  "for=[::1]",
  "for=1.2.3.4:80",
  "for = a",
  'for="a\u0001b"',
])("%p is not valid", (header) => {
  expect(readForwarded(header)).toBeUndefined();
});

test("whatever is sent, it ends", () => {
  const any = fc.string({ unit: fc.constantFrom(...'for=a1.,;"\\ \t[]:_'), maxLength: 60 });
  fc.assert(
    fc.property(any, (header) => {
      const elements = readForwarded(header);
      expect(elements === undefined || elements.length > 0).toBe(true);
    }),
  );
});
