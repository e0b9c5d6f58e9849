// What is published, as a text that goes through a Redis.
import { expect, test } from "bun:test";
import type { Published } from "../../../src/worker/publish/published.ts";
import { readText, textOf } from "../../../src/worker/publish/to-servers.ts";

const sender = { server: "3f2c", worker: 4 };

test.each([
  ["a text", { topic: "news", data: "hello\nü \u{1F600}", compress: false }],
  ["an empty one", { topic: "a b\n", data: "", compress: true }],
  ["bytes", { topic: "news", data: Buffer.from([0, 255, 10]), compress: true }],
  ["a part of bytes", { topic: "n", data: Buffer.from("abcdef").subarray(2, 4), compress: false }],
])("%s comes as it was", (_, message: Published) => {
  const seen: unknown[] = [];
  const read = readText(textOf(sender, message, 7), "own", (from) => seen.push(from) === 0);
  expect(read).toEqual({ ...message, number: 7, source: "3f2c 4" });
  expect(seen).toEqual([sender]);
  expect(readText(textOf(sender, message, 7), "own", () => true)).toBeUndefined();
  const own = readText(textOf(sender, message, 7), sender.server, () => false);
  expect(own?.source).toBe("4");
});

test.each([
  "",
  "hello",
  "\n{}",
  "a\n{}",
  "a b\n{}",
  "a 1",
  "a 1\n",
  "a 1\n5",
  "a 1\n{}",
  'a 1\n{"topic":"news","number":1}',
  'a 1\n{"topic":"news","text":"x"}',
  'a 1\n{"topic":5,"number":1,"text":"x"}',
  'a 1\n{"topic":"news","number":1,"text":"x"',
])("%j is none of them", (text) => {
  expect(readText(text, "own", () => false)).toBeUndefined();
});
