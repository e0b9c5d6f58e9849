// What `pounce check` says about whose WebSockets get what an app publishes.
import { expect, test } from "bun:test";
import { webSocketFindings } from "../../src/check/websockets.ts";

const rollout = { strategy: "all" } as const;
const SERVER = "what is published reaches WebSockets of this server: ";
const URL = "redis://me:secret@cache:6379?channel=app";

test.each([
  [undefined, 4, undefined, []],
  ["server", 4, undefined, [`ok: ${SERVER}those of all 4 workers`]],
  ["server", 1, undefined, [`ok: ${SERVER}those of its one worker`]],
  [
    URL,
    2,
    undefined,
    [
      `ok: ${SERVER}those of all 2 workers, and those of all servers on channel "app" of ` +
        "redis://cache:6379, which answers",
    ],
  ],
  [URL, 2, "refused", ["warning: redis://cache:6379 does not answer (refused)"]],
])(
  "with publish %p and %d workers, where asking gives %p",
  async (publish, workers, gives, expected) => {
    const asked: string[] = [];
    const websocket = publish === undefined ? {} : { publish };
    const found = await webSocketFindings({ websocket, workers, rollout }, async (url) => {
      asked.push(url);
      return gives;
    });
    expect(found.map(({ level, found: words }) => `${level}: ${words}`)).toEqual(expected);
    expect(asked).toEqual(publish === URL ? ["redis://me:secret@cache:6379"] : []);
  },
);

test.each([
  ["restart", "carry", 1],
  ["restart", undefined, 0],
  ["all", "carry", 0],
  ["rolling", "carry", 0],
] as const)("with strategy %p and on_reload %p, %d warnings", async (strategy, onReload, count) => {
  const websocket = onReload === undefined ? {} : { onReload };
  const config = { websocket, workers: 2, rollout: { strategy } };
  const found = await webSocketFindings(config);
  expect(found.filter(({ level }) => level === "warning")).toHaveLength(count);
});

test("a Redis that is not there is told of as Bun's client does", async () => {
  const websocket = { publish: "redis+unix:///tmp/no-such-redis.sock" };
  const [found] = await webSocketFindings({ websocket, workers: 1, rollout });
  expect(found?.level).toBe("warning");
});
