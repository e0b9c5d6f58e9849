// Modes are chosen by what a server has answered; what is not run says which flag would help.
import { expect, test } from "bun:test";
import type { Answer, PathFindings } from "../../src/prove/load/probe.ts";
import { doubtfulAnswers } from "../../src/prove/doubts.ts";
import { planModes, postPathsOf, unprovenPaths } from "../../src/prove/modes.ts";

const whole = (status: number, bodyBytes = 2): Answer => ({ is: "whole", status, bodyBytes });
const stream: Answer = { is: "stream", status: 200 };
const dead: Answer = { is: "none", words: "refused: nobody listens" };

const finding = (path: string, given: Partial<PathFindings> = {}): PathFindings => ({
  path,
  get: whole(200),
  post: whole(404),
  upgrade: { is: "head", status: 404 },
  h2: undefined,
  ...given,
});

const WISHES = {
  paths: ["/"],
  postPaths: [],
  ssePath: undefined,
  webSocketPath: undefined,
  modes: undefined,
};

const whyOf = (planned: ReturnType<typeof planModes>, mode: string) =>
  planned.notRun.find((it) => it.mode === mode);

test("a plain page takes the modes that need no more", () => {
  const { modes, notRun } = planModes([finding("/")], WISHES, true);
  expect(modes.map(({ mode }) => mode)).toEqual([
    "connection",
    "keep-alive",
    "thinking",
    "silent",
    "slow-head",
  ]);
  expect(notRun.map(({ mode, why }) => `${mode}: ${why}`)).toEqual([
    "post: / answers 404 to POST; --post PATH",
    "slow-upload: / answers 404 to POST; --post PATH",
    "slow-download: the answer of / is below 256 kB; --path PATH",
    "sse: / is no event stream; --sse PATH",
    "websocket: / does not upgrade; --websocket PATH",
  ]);
});

test("a status other than 200 is what is expected, too", () => {
  const { modes } = planModes([finding("/", { get: whole(500) })], WISHES, true);
  expect(modes[0]).toEqual({ mode: "connection", paths: [{ path: "/", statuses: [500] }] });
  const doubts = ["/ answers GET with 500, which so counts as right"];
  expect(doubtfulAnswers(modes)).toEqual(doubts);
});

test("streams, WebSockets and POST go to the paths that are named for them", () => {
  const findings = [
    finding("/"),
    finding("/sse", { get: stream }),
    finding("/ws", { upgrade: { is: "head", status: 101 } }),
    finding("/echo", { post: whole(201) }),
  ];
  const wishes = { ...WISHES, postPaths: ["/echo"], ssePath: "/sse", webSocketPath: "/ws" };
  const { modes } = planModes(findings, wishes, false);
  const pathsOf = (mode: string) =>
    modes.find((it) => it.mode === mode)?.paths.map(({ path }) => path);
  expect(pathsOf("connection")).toEqual(["/"]);
  expect(pathsOf("sse")).toEqual(["/sse"]);
  expect(pathsOf("websocket")).toEqual(["/ws"]);
  expect(pathsOf("post")).toEqual(["/echo"]);
});

test("a path that was named and is not fit was asked for", () => {
  const wishes = { ...WISHES, webSocketPath: "/ws" };
  const planned = planModes([finding("/"), finding("/ws")], wishes, true);
  expect(whyOf(planned, "websocket")).toMatchObject({
    why: "/ws does not upgrade; --websocket PATH",
    wasAskedFor: true,
  });
  expect(whyOf(planned, "sse")).toMatchObject({ wasAskedFor: false });
});

test("nothing is written to a server that is not ours, unless a path is named for it", () => {
  expect(postPathsOf(WISHES, false)).toEqual([]);
  expect(postPathsOf(WISHES, true)).toEqual(["/"]);
  expect(postPathsOf({ ...WISHES, postPaths: ["/a"] }, false)).toEqual(["/a"]);
  const planned = planModes([finding("/", { post: undefined })], WISHES, false);
  expect(whyOf(planned, "post")).toMatchObject({
    why: "nothing is sent to where nobody asked for it; --post PATH",
  });
});

test("modes that were chosen are asked for, and the others are not there", () => {
  const planned = planModes([finding("/")], { ...WISHES, modes: ["silent", "sse"] }, true);
  expect(planned.modes.map(({ mode }) => mode)).toEqual(["silent"]);
  expect(planned.notRun).toMatchObject([{ mode: "sse", wasAskedFor: true }]);
});

test("a server that does not answer takes no mode", () => {
  const planned = planModes([finding("/", { get: dead, post: dead, upgrade: dead })], WISHES, true);
  expect(planned.modes).toEqual([]);
  expect(planned.notRun[0]?.why).toBe("/: refused: nobody listens; --path PATH");
});

test("a path that was named, and that no client gets an answer from, is not proven", () => {
  const findings = [
    finding("/"),
    finding("/dead", { get: dead, post: whole(200) }),
    finding("/ws", { get: dead, upgrade: { is: "head", status: 101 } }),
    finding("/large", { get: whole(200, 1_000_000) }),
    finding("/typo"),
  ];
  const wishes = { ...WISHES, paths: ["/", "/dead", "/ws", "/large"], postPaths: ["/typo"] };
  const { modes } = planModes(findings, { ...wishes, modes: ["connection", "websocket"] }, false);
  expect(unprovenPaths(modes, findings, wishes)).toEqual([
    "/dead has no whole answer to GET: refused: nobody listens",
    "/large is asked by no client",
    "/typo is asked by no client: it answers 404 to POST",
  ]);
  const all = planModes(
    [finding("/"), finding("/large", { get: whole(200, 1_000_000) })],
    {
      ...WISHES,
      paths: ["/", "/large"],
    },
    true,
  );
  expect(unprovenPaths(all.modes, findings.slice(0, 1), wishes)).toEqual([]);
});
