// What was published while a WebSocket was on its way from one worker to another: each message
// once, whatever has come to which of the two when.
import { expect, test } from "bun:test";
import { History } from "../../../src/worker/publish/history.ts";

const text = (data: string, topic = "news") => ({ topic, data, compress: false });

/** Two workers that get the same from a third, and publish themselves. */
function workers() {
  const [left, right] = [new History("1", true), new History("2", true)];
  left.noteLatest("2", 0);
  right.noteLatest("1", 0);
  for (const history of [left, right]) history.noteLatest("3", 0);
  const texts = (topics = ["news"], cut = left.cut): string[] =>
    right.since(cut, topics).map(({ data }) => String(data));
  return { left, right, texts };
}

test("nothing is missed when nothing was published", () => {
  const { left, right, texts } = workers();
  expect(texts()).toEqual([]);
  left.note("3", 1, text("a"));
  right.note("3", 1, text("a"));
  expect(texts()).toEqual([]);
});

test("what only the new worker has got is missed, in the order in which it came there", () => {
  const { left, right, texts } = workers();
  for (const history of [left, right]) history.note("3", 1, text("before"));
  right.note("3", 2, text("a"));
  right.note("uuid 3", 8, text("b"));
  expect(right.publish(text("c"))).toBe(1);
  right.note("3", 3, text("d"));
  right.note("1", 1, text("e"));
  expect(texts()).toEqual(["a", "b", "c", "d", "e"]);
});

test("what only the old one has got is not, and comes to the new one as to all", () => {
  const { left, right, texts } = workers();
  left.note("3", 1, text("a"));
  left.note("3", 2, text("b"));
  right.note("3", 1, text("a"));
  expect(texts()).toEqual([]);
  left.publish(text("mine"));
  right.note("1", 1, text("mine"));
  expect(texts()).toEqual([]);
});

test("numbers that are left out, as something was dropped, change nothing", () => {
  const { left, right, texts } = workers();
  left.note("3", 5, text("a"));
  for (const number of [3, 9, 12]) right.note("3", number, text(String(number)));
  expect(texts()).toEqual(["9", "12"]);
});

test("of other topics nothing is sent", () => {
  const { right, texts } = workers();
  right.note("3", 1, text("a", "news"));
  right.note("3", 2, text("b", "other"));
  right.note("3", 3, text("c", "third"));
  expect(texts(["third", "news"])).toEqual(["a", "c"]);
  expect(texts([])).toEqual([]);
});

test("bytes are kept as they were", () => {
  const { right } = workers();
  const bytes = new Uint8Array([1, 2]);
  right.note("3", 1, { topic: "news", data: bytes, compress: true });
  bytes.fill(0);
  expect(right.since({ latest: { 3: 0 }, atMs: 0 }, ["news"])).toEqual([
    { topic: "news", data: new Uint8Array([1, 2]), compress: true },
  ]);
});

test("a bounded amount is kept, the newest", () => {
  const { right, texts } = workers();
  const large = "x".repeat(1024 * 1024);
  for (let number = 1; number <= 40; number++) right.note("3", number, text(large));
  expect(texts()).toHaveLength(16);
  right.note("3", 41, text("last"));
  expect(texts()).toHaveLength(16);
  expect(texts().at(-1)).toBe("last");
});

test("nothing is kept where no WebSocket can come from elsewhere, but how far it has come", () => {
  const history = new History("1", false);
  history.publish(text("a"));
  history.note("3", 4, text("b"));
  expect(history.since({ latest: { 1: 0, 3: 0 }, atMs: 0 }, ["news"])).toEqual([]);
  expect(history.cut.latest).toEqual({ 1: 1, 3: 4 });
});

test("of a worker that the old one had no link to, nothing is sent", () => {
  const { right, texts } = workers();
  // One that has ended, for example, before the old one began.
  for (let number = 1; number < 4; number++) right.note("4", number, text("long ago"));
  right.note("3", 1, text("a"));
  expect(texts()).toEqual(["a"]);
});

test("what a worker had published before the old one had a link to it is not sent", () => {
  const { left, right, texts } = workers();
  for (let number = 1; number < 4; number++) right.note("4", number, text("before"));
  left.noteLatest("4", 3);
  right.note("4", 4, text("after"));
  expect(texts()).toEqual(["after"]);
  left.note("4", 4, text("after"));
  // What is known is not known less by a later word.
  left.noteLatest("4", 3);
  expect(texts()).toEqual([]);
});

test("of another server that was not heard before, what has come lately is sent", () => {
  const { right, texts } = workers();
  right.note("uuid 3", 8, text("a"));
  right.note("uuid 3", 9, text("b"));
  expect(texts()).toEqual(["a", "b"]);
  expect(texts(["news"], { latest: {}, atMs: Date.now() + 5000 })).toEqual([]);
});
