// Headers of HTTP/2: the examples of RFC 7541 (C.4), what is written, and what is none.
import { expect, test } from "bun:test";
import { encodeHeaders, HeaderDecoder } from "../../../../src/prove/load/h2/hpack.ts";

const EXAMPLES = [
  [
    "828684418cf1e3c2e5f23a6ba0ab90f4ff",
    [
      [":method", "GET"],
      [":scheme", "http"],
      [":path", "/"],
      [":authority", "www.example.com"],
    ],
  ],
  [
    "828684be5886a8eb10649cbf",
    [
      [":method", "GET"],
      [":scheme", "http"],
      [":path", "/"],
      [":authority", "www.example.com"],
      ["cache-control", "no-cache"],
    ],
  ],
  [
    "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
    [
      [":method", "GET"],
      [":scheme", "https"],
      [":path", "/index.html"],
      [":authority", "www.example.com"],
      ["custom-key", "custom-value"],
    ],
  ],
] as const;

test("the examples of the standard, which refer to each other, are read", () => {
  const decoder = new HeaderDecoder();
  for (const [hex, headers] of EXAMPLES) {
    expect(decoder.decode(Buffer.from(hex, "hex"))).toEqual(headers as never);
  }
});

test("what is written is read", () => {
  const headers = [
    [":path", `/${"a".repeat(5000)}`],
    ["x-empty", ""],
  ] as const;
  expect(new HeaderDecoder().decode(encodeHeaders(headers))).toEqual(headers as never);
});

test("a table that was emptied refers to nothing", () => {
  const decoder = new HeaderDecoder();
  const kept = Buffer.concat([Buffer.of(0x40), encodeHeaders([["a", "b"]]).subarray(1)]);
  expect(decoder.decode(kept)).toEqual([["a", "b"]]);
  expect(decoder.decode(Buffer.of(0xbe))).toEqual([["a", "b"]]);
  expect(() => decoder.decode(Buffer.of(0x20, 0xbe))).toThrow("the table has no entry 62");
});

test.each([
  ["80", "the table has no entry 0"],
  ["41", "a block that is cut off"],
  ["0005", "a text that is longer than its block"],
  ["008101", "a text in no Huffman code"],
  ["7fffffffffffffffff", "an integer without an end"],
])("%s is wrong: %s", (hex, words) => {
  expect(() => new HeaderDecoder().decode(Buffer.from(hex, "hex"))).toThrow(words);
});
