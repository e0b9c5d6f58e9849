// What may follow `--inspect`.
import { expect, test } from "bun:test";
import { parseInspect } from "../../src/net/inspect.ts";

test.each<[string, { host: string; port: number } | undefined]>([
  ["9230", { host: "127.0.0.1", port: 9230 }],
  ["0", { host: "127.0.0.1", port: 0 }],
  ["0.0.0.0:9229", { host: "0.0.0.0", port: 9229 }],
  ["localhost:9229", { host: "127.0.0.1", port: 9229 }],
  ["[::1]:9229", { host: "::1", port: 9229 }],
  ["70000", undefined],
  ["example.com:9229", undefined],
  ["127.0.0.1", undefined],
  ["::1:9229", undefined],
  ["", undefined],
])("%p → %p", (text, place) => {
  expect(parseInspect(text)).toEqual(place);
});
