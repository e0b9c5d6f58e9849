// The names of chunks in a bundled page.
import { expect, test } from "bun:test";
import { named } from "../../../src/worker/routes/pages.ts";

test.each([
  ['<script src="/chunk-0a1b2c3d.js"></script>', ["chunk-0a1b2c3d.js"]],
  ["url(./my.image-zzzzzzz9.png) x", ["my.image-zzzzzzz9.png"]],
  ['import("./a-b-12345678.js"),"c-abcdefgh.css"', ["a-b-12345678.js", "c-abcdefgh.css"]],
  ["-12345678.js /-12345678.js", []],
  ["none-1234.js", []],
])("%s names %j", (text, names) => {
  expect(named(text)).toEqual(names);
});

test("the names in a page with megabytes of inlined data are found in no time", () => {
  const data = "QUJD".repeat(2_000_000);
  expect(named(`"data:image/png;base64,${data}" src="/chunk-0a1b2c3d.js"`)).toEqual([
    "chunk-0a1b2c3d.js",
  ]);
});
