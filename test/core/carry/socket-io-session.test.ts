// When a session of socket.io may leave, and what its new owner is told.
import { describe, expect, test } from "bun:test";
import {
  NO_QUIET_AFTER_MS,
  QUIET_MS,
  SocketIoSession,
} from "../../../src/core/carry/socket-io-session.ts";

const BYTES = undefined;
const OPEN = '0{"sid":"x","upgrades":[],"pingInterval":300,"pingTimeout":200}';
const IN = ["< 40", '> 40{"sid":"y"}'];

/** `<`: the client says it. `>`: the server does. */
function session(...said: readonly string[]): SocketIoSession {
  const it = new SocketIoSession();
  tell(it, ...said);
  return it;
}

function tell(it: SocketIoSession, ...said: readonly string[]): void {
  for (const one of said) {
    const message = one.slice(2) === "bytes" ? BYTES : one.slice(2);
    if (one.startsWith("<")) it.heard(message, 0);
    else it.said(message);
  }
}

/** Long after the last event. */
const LATER = 10_000;

describe("may leave", () => {
  test.each<[string, readonly string[], boolean]>([
    ["once its client is in", IN, true],
    ["not before", ["< 40"], false],
    ["not before it is in everywhere", [...IN, "< 40/a,"], false],
    ["when it was not let in somewhere", [...IN, "< 40/a,", '> 44/a,{"message":"no"}'], true],
    ["not when it has gone out", [...IN, "< 41"], false],
    ["not when it was sent out", [...IN, "> 41"], false],
    ["when nobody has asked for an answer", [...IN, '< 42["a"]', '> 42["b"]'], true],
    ["not while its client waits for one", [...IN, '< 421["a"]'], false],
    ["when the client has it", [...IN, '< 421["a"]', "> 431[]"], true],
    ["not if that was another one", [...IN, '< 421["a"]', "> 43/a,1[]", "> 4311[]"], false],
    ["not while the server waits for one", [...IN, '> 421["a"]'], false],
    ["when the server has it", [...IN, '> 421["a"]', "< 431[]"], true],
    ["when nobody gives it, as that is over", [...IN, "< 40/a,", '> 42/a,1["a"]', "< 41/a,"], true],
    ["not while bytes are to come", [...IN, '< 452-["a"]', "< bytes"], false],
    ["when they have come", [...IN, '< 452-["a"]', "< bytes", "< bytes"], true],
    ["with an answer in bytes", [...IN, '< 451-1["a"]', "< bytes", "> 461-1[]", "> bytes"], true],
    ["not while a pong is to come", [...IN, "> 2"], false],
    ["when it has come", [...IN, "> 2", "< 3"], true],
    ["not with bytes that nobody knows", [...IN, "< bytes"], false],
    ["not with a packet that nobody knows", [...IN, "< 4hello"], false],
    ["not with a packet within another one", [...IN, '< 451-["a"]', '< 42["b"]', "< bytes"], false],
    ["not if the server speaks so", [...IN, "> 4hello"], false],
  ])("%s", (_name, said, expected) => {
    expect(session(...said).mayLeave(LATER)).toBe(expected);
  });

  test("once nothing has come for a while, or it was asked to for long", () => {
    const it = session(...IN);
    it.heard('42["a"]', 1000);
    expect(it.mayLeave(1000 + QUIET_MS - 1)).toBe(false);
    expect(it.mayLeave(1000 + QUIET_MS)).toBe(true);
    const askedMs = 100_000;
    for (let nowMs = askedMs; nowMs < askedMs + NO_QUIET_AFTER_MS; nowMs += 10) {
      it.heard('42["a"]', nowMs);
      expect(it.mayLeave(nowMs)).toBe(false);
    }
    expect(it.mayLeave(askedMs + NO_QUIET_AFTER_MS)).toBe(true);
  });
});

describe("its new owner", () => {
  test("is told by what its client has been let in, and how long that waits for a ping", () => {
    const it = session(
      `> ${OPEN}`,
      '< 40{"token":1}',
      '> 40{"sid":"y"}',
      "< 40/a,",
      "< 40/b,",
      "< 41/a,",
    );
    expect(it.offer).toEqual({ connects: ['40{"token":1}', "40/b,"], patienceMs: 500 });
  });

  test("tells the next one how long it was in the beginning", () => {
    const it = new SocketIoSession();
    it.arrived({ connects: [], patienceMs: 900 });
    tell(it, `> ${OPEN}`, ...IN);
    expect(it.offer.patienceMs).toBe(900);
  });

  test("keeps the answer to pounce's own ping from the server, and no other", () => {
    const it = new SocketIoSession();
    it.arrived({ connects: [], patienceMs: undefined });
    tell(it, ...IN);
    expect(it.mayLeave(LATER)).toBe(false);
    expect(it.heard("3", 0)).toBe(false);
    expect(it.mayLeave(LATER)).toBe(true);
    it.said("2");
    expect(it.heard("3", 0)).toBe(true);
  });
});

test("one that was let in over HTTP need not have been heard being let in", () => {
  const it = session("< 40", "< 40/a,");
  it.upgraded();
  expect(it.mayLeave(LATER)).toBe(true);
});

describe("what is kept is bounded: it is strange", () => {
  test.each<[string, readonly string[]]>([
    ["in too many namespaces", Array.from({ length: 33 }, (_, at) => `< 40/${at},`)],
    ["with too much to say", [`< 40{"token":"${"x".repeat(9000)}"}`]],
    [
      "waiting for too many answers",
      [...IN, ...Array.from({ length: 257 }, (_, at) => `< 42${at}["a"]`)],
    ],
  ])("%s", (_name, said) => {
    const it = session(...said);
    expect(it.isStrange).toBe(true);
    expect(it.offer.connects).toEqual([]);
    // It is served all the same.
    expect(it.heard('42["a"]', 0)).toBe(true);
  });
});
