// Which modes a server is loaded with, by what it has answered.
import { describe, expect, test } from "bun:test";
import { chooseModes } from "../../../src/prove/load/choose-modes.ts";
import { isH2, type Mode, MODES, type PlannedPath } from "../../../src/prove/load/plan.ts";
import type { Answer, PathFindings } from "../../../src/prove/load/probe.ts";

const whole = (status: number, bodyBytes = 5): Answer => ({ is: "whole", status, bodyBytes });
const NONE: Answer = { is: "none", words: "timeout: nothing more after 0 bytes" };

function findings(path: string, answers: Partial<PathFindings>): PathFindings {
  return {
    path,
    get: whole(200),
    post: whole(405),
    upgrade: { is: "head", status: 200 },
    h2: undefined,
    ...answers,
  };
}

const PLAIN = findings("/", {});
const FORM = findings("/form", { post: whole(303) });
const LARGE = findings("/large", { get: whole(200, 1_000_000) });
const EVENTS = findings("/events", { get: { is: "stream", status: 200 }, post: whole(404) });
const SOCKET = findings("/socket", { get: whole(426), upgrade: { is: "head", status: 101 } });
const BOTH = findings("/both", { upgrade: { is: "head", status: 101 } });
const SECOND = findings("/", { h2: whole(200) });
const STREAM = findings("/events", { get: NONE, h2: { is: "stream", status: 200 } });
const DEAD = findings("/dead", { get: NONE, post: NONE, upgrade: NONE });

const GET = ["connection", "keep-alive", "thinking", "silent", "slow-head"];
const POST = ["post", "slow-upload"];
const H2 = ["h2", "h2-connection", "h2-thinking"];
const OVER_HTTP1 = Object.keys(MODES).filter((mode) => !isH2(mode as Mode));

test.each([
  ["a plain app", [PLAIN], GET],
  ["one that takes forms", [FORM], [...GET, ...POST]],
  ["one with all", [PLAIN, FORM, LARGE, EVENTS, SOCKET], OVER_HTTP1],
  ["one over HTTP/2 as well", [SECOND, STREAM], [...GET, ...H2, "h2-sse"]],
  ["an event stream alone", [EVENTS], ["sse"]],
  ["a WebSocket alone", [SOCKET], [...GET, "websocket"]],
  ["a large answer alone", [LARGE], [...GET, "slow-download"]],
  ["one that does not answer", [DEAD], []],
])("%s gets the modes it is fit for, and a reason for each other one", (_name, found, modes) => {
  const chosen = chooseModes(found);
  expect(chosen.modes.map(({ mode }) => String(mode))).toEqual(modes);
  expect(chosen.leftOut.length).toBe(Object.keys(MODES).length - modes.length);
  for (const { why } of chosen.leftOut) expect(why).toStartWith("no path ");
});

function pathsOf(mode: Mode, found: readonly PathFindings[]): PlannedPath[] {
  return chooseModes(found, [mode]).modes.flatMap(({ paths }) => paths);
}

describe("a mode's paths", () => {
  test("have the status that each has answered", () => {
    const missing = findings("/missing", { get: whole(404) });
    expect(pathsOf("silent", [PLAIN, missing])).toEqual([
      { path: "/", statuses: [200] },
      { path: "/missing", statuses: [404] },
    ]);
    expect(pathsOf("post", [FORM])).toEqual([{ path: "/form", statuses: [303] }]);
    expect(pathsOf("websocket", [SOCKET])).toEqual([{ path: "/socket", statuses: [101] }]);
  });

  test("have both statuses of a POST that made something, and then found it", () => {
    const post = { is: "whole", status: 409, bodyBytes: 0, firstStatus: 201 } as const;
    const found = findings("/", { post });
    expect(pathsOf("post", [found])).toEqual([{ path: "/", statuses: [201, 409] }]);
  });

  test.each([
    ["large answers", [PLAIN, LARGE], ["/"]],
    ["WebSockets", [PLAIN, SOCKET], ["/"]],
    ["neither if there is nothing else", [LARGE, SOCKET], ["/large", "/socket"]],
    ["no WebSocket that is a page too", [BOTH, SOCKET], ["/both"]],
  ])("leave out %s where others will do", (_name, found, paths) => {
    expect(pathsOf("connection", found).map(({ path }) => path)).toEqual(paths);
  });
});

test("only modes that are wanted are chosen or left out", () => {
  const { modes, leftOut } = chooseModes([PLAIN], ["thinking", "sse"]);
  expect(modes.map(({ mode }) => mode)).toEqual(["thinking"]);
  expect(leftOut.map(({ mode }) => mode)).toEqual(["sse"]);
});
