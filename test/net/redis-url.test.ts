// Where a Redis is, as operators write it.
import { expect, test } from "bun:test";
import { redisPlace, withoutSecrets } from "../../src/net/redis-url.ts";

test.each([
  ["redis://a", "redis://a", "pounce", "redis://a"],
  ["redis://a:6380/2?channel=b", "redis://a:6380/2", "b", "redis://a:6380/2"],
  ["rediss://me:secret@a/?channel=b%20c", "rediss://me:secret@a/", "b c", "rediss://a"],
  ["redis://:secret@[::1]:1", "redis://:secret@[::1]:1", "pounce", "redis://[::1]:1"],
  [
    "redis+unix:///run/r.sock?channel=x",
    "redis+unix:///run/r.sock",
    "x",
    "redis+unix:///run/r.sock",
  ],
  ["valkey://a", "valkey://a", "pounce", "valkey://a"],
])("%s", (text, url, channel, shown) => {
  expect(redisPlace(text)).toEqual({ url, channel, shown });
});

test.each([
  "",
  "a",
  "redis:",
  "redis://",
  "redis:///run/r.sock",
  "redis+unix://",
  "redis+unix:///",
  "http://a",
  "redis://a?channel=",
  "redis://a?channel=b&channel=c",
  "redis://a?db=1",
  "redis://a#b",
  "redis://a:port",
])("%j is no place of a Redis", (text) => {
  expect(redisPlace(text)).toBeUndefined();
});

test.each([
  ["redis://a:1", "redis://a:1"],
  ["redis://me:secret@a:1/2?channel=c", "redis://***@a:1/2?channel=c"],
  ["redis://:se@cret@a", "redis://***@a"],
  ["server", "server"],
])("%s is shown as %s", (text, shown) => {
  expect(withoutSecrets(text)).toBe(shown);
});
