// Frames of a stack: whose each is, and where.
import { describe, expect, test } from "bun:test";
import { framesOf } from "../../src/errors/stack.ts";

const owners = (stack: string, isEmbedded: boolean): string[] =>
  framesOf(stack, isEmbedded).map(({ owner }) => owner);

describe("whose a frame is:", () => {
  const frames: [frame: string, plain: string, built: string][] = [
    ["at fetch (/srv/app.ts:1:2)", "app", "app"],
    ["at async fetch (/srv/my app (1)/app.ts:1:2)", "app", "app"],
    ["at /srv/app.ts:1:2", "app", "app"],
    ["at get (/srv/node_modules/hono/dist/hono.js:1:2)", "package", "package"],
    ["at b (src/worker/handler.ts:49:16)", "internal", "app"],
    ["at html (../../node_modules/hono/dist/context.js:341:37)", "internal", "package"],
    ["at b (.server.build-SGAvqz/main-wwbpwgkb.js:7:2582)", "internal", "internal"],
    ["at fetch (app.ts:7:59)", "internal", "app"],
    ["at x (/$bunfs/root/main.js:1:2)", "internal", "internal"],
    ["at processTicksAndRejections (native:7:39)", "internal", "internal"],
    ["at emit (node:events:92:22)", "internal", "internal"],
    ["at forEach ([native code])", "internal", "internal"],
    ["at <anonymous>", "internal", "internal"],
  ];
  test.each(frames)("%s", (frame, plain, built) => {
    const stack = `Error: x\n    ${frame}`;
    expect([owners(stack, false), owners(stack, true)]).toEqual([[plain], [built]]);
  });
});

test("a frame has its file, line and column", () => {
  const [frame] = framesOf("E: x\n    at f (/srv/a b (1)/c.ts:10:3)", false);
  expect(frame?.place).toEqual({ file: "/srv/a b (1)/c.ts", line: 10, column: 3 });
});
