// When the event loop is made to turn for handshakes of TLS, and why: what Bun does without it.
import { expect, test } from "bun:test";
import { fileURLToPath } from "node:url";
import { planFor, type Seen, seenAt } from "../../../src/worker/connections/handshake-queue.ts";
import { burst } from "../../helpers/hostile/burst.ts";

test.each<[string, Seen | undefined, number, number | undefined, Seen]>([
  ["the first look", undefined, 9, 0, { all: 9, deaf: 0, stirredMs: 70 }],
  ["nothing new", { all: 9, deaf: 0, stirredMs: 5 }, 9, 0, { all: 9, deaf: 0, stirredMs: 5 }],
  ["one has come", { all: 9, deaf: 0, stirredMs: 5 }, 10, 0, { all: 10, deaf: 0, stirredMs: 70 }],
  ["one has gone", { all: 9, deaf: 0, stirredMs: 5 }, 8, 0, { all: 8, deaf: 0, stirredMs: 70 }],
  ["one waits", { all: 9, deaf: 0, stirredMs: 5 }, 9, 1, { all: 9, deaf: 1, stirredMs: 70 }],
  ["as many wait", { all: 9, deaf: 1, stirredMs: 5 }, 9, 1, { all: 9, deaf: 1, stirredMs: 5 }],
  ["untold", undefined, 9, undefined, { all: 9, deaf: 9, stirredMs: 70 }],
  [
    "untold, some new",
    { all: 9, deaf: 9, stirredMs: 5 },
    12,
    undefined,
    { all: 12, deaf: 12, stirredMs: 70 },
  ],
  [
    "untold, none new",
    { all: 9, deaf: 9, stirredMs: 5 },
    9,
    undefined,
    { all: 9, deaf: 9, stirredMs: 5 },
  ],
])("a look after others, %s", (_what, before, all, deaf, after) => {
  expect(seenAt(before, { all, deaf }, 70)).toEqual(after);
});

test.each([
  ["none waits: no turn, and another look", 0, 0, 0.1, { turns: 0, lookInMs: 20 }],
  ["looks at many take one part in a hundred", 0, 0, 5, { turns: 0, lookInMs: 500 }],
  ["a turn for each five, and one more", 11, 0, 0.1, { turns: 4, lookInMs: 20 }],
  ["turns for many take one part in ten", 1000, 0, 1, { turns: 201, lookInMs: 30.1 }],
  ["whom turns have not helped is no handshake", 11, 5000, 0.1, { turns: 0, lookInMs: undefined }],
  ["nothing for five seconds: the last look", 0, 5000, 0.1, { turns: 0, lookInMs: undefined }],
])("%s", (_what, deaf, calmMs, tookMs, plan) => {
  const { turns, lookInMs } = planFor({ all: 2000, deaf, stirredMs: 100 }, 100 + calmMs, tookMs);
  expect(turns).toBe(plan.turns);
  if (plan.lookInMs === undefined) expect(lookInMs).toBeUndefined();
  else expect(lookInMs).toBeCloseTo(plan.lookInMs);
});

test("Bun leaves clients beneath silent ones unread until its event loop turns, five in a turn", async () => {
  const script = fileURLToPath(new URL("../../helpers/hostile/bare-tls.ts", import.meta.url));
  await using child = Bun.spawn([process.execPath, script], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const port = Number((await lines.read()).value);
  const { answers, end } = await burst(port, child.pid, { normal: 20, silent: 400 });
  let answered = 0;
  for (const answer of answers) void answer.finally(() => answered++);
  // Bun reads from so many before it makes the first of the others wait.
  await Promise.any(answers);
  await Bun.sleep(500);
  const early = answered;
  child.stdin.write("turn\n");
  await child.stdin.flush();
  await Promise.all(answers);
  end();
  expect(early).toBeLessThanOrEqual(5);
}, 20_000);
