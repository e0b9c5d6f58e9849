// The names of events in the log: each once, and each in use.
import { expect, test } from "bun:test";
import { LOG_EVENTS } from "../../src/core/log-events.ts";

const SOURCES = new URL("../../src", import.meta.url).pathname;

test("each name of an event is there once", () => {
  expect(new Set(LOG_EVENTS).size).toBe(LOG_EVENTS.length);
});

test("each name of an event is used", async () => {
  const paths = await Array.fromAsync(new Bun.Glob("**/*.ts").scan(SOURCES));
  const texts = await Promise.all(
    paths
      .filter((path) => path !== "core/log-events.ts")
      .map((path) => Bun.file(`${SOURCES}/${path}`).text()),
  );
  const source = texts.join("");
  expect(LOG_EVENTS.filter((name) => !source.includes(`"${name}"`))).toEqual([]);
});
