// What `pounce status` shows of an answer.
import { expect, test } from "bun:test";
import type { Snapshot } from "../../src/admin/protocol.ts";
import { formatAge, statusTable } from "../../src/cli/status-table.ts";

test.each([
  [0, "0s"],
  [59.9, "59s"],
  [60, "1m0s"],
  [3599, "59m59s"],
  [3600, "1h0m"],
  [90_061, "1d1h"],
  [-1, "0s"],
])("%d seconds are shown as %s", (seconds, text) => {
  expect(formatAge(seconds)).toBe(text);
});

const SNAPSHOT: Snapshot = {
  version: "1.2.3",
  pid: 7,
  uptime: 61,
  state: "serving",
  addresses: ["127.0.0.1:8000"],
  steering: "kernel",
  app: "./app.ts",
  generations: [
    {
      generation: 0,
      role: "draining",
      workers: [
        { worker: 1, slot: 1, phase: "draining", pid: 9, uptime: 60, deadline: 12, report: null },
      ],
    },
    {
      generation: 1,
      role: "serving",
      workers: [
        {
          worker: 2,
          slot: 0,
          phase: "ready",
          pid: 10,
          uptime: 3,
          deadline: undefined,
          report: { requests: 1234, in_flight: 5, connections: 6, memory_bytes: 40 * 2 ** 20 },
        },
      ],
    },
  ],
  reloads: [],
};

test("the table has a line for each worker, and a question mark for what one does not answer", () => {
  expect(statusTable(SNAPSHOT).split("\n")).toEqual([
    "pounce 1.2.3, pid 7, serving ./app.ts on http://127.0.0.1:8000 for 1m1s",
    "generation  worker  slot  phase     pid   age  requests  in flight  connections  memory  deadline",
    "0 draining       1     1  draining    9  1m0s         ?          ?            ?       ?    in 12s",
    "1 serving        2     0  ready      10    3s      1234          5            6     40M         -",
  ]);
});

test("a number that the server of another build does not report is a question mark", () => {
  const [draining, serving] = structuredClone(SNAPSHOT.generations);
  if (draining === undefined || serving?.workers[0] === undefined) throw new Error("no worker");
  Object.assign(serving.workers[0], { report: { requests: 1234, inFlight: 5, connections: 6 } });
  const lines = statusTable({ ...SNAPSHOT, generations: [draining, serving] }).split("\n");
  expect(lines[3]).toMatch(/ready {6}10    3s      1234          \? {12}6       \?         -$/);
});

test("the careful path is told", () => {
  expect(statusTable({ ...SNAPSHOT, steering: "refused" })).toContain("the careful path");
  expect(statusTable({ ...SNAPSHOT, steering: "shared" })).toContain("one listening socket");
});

test("affinity is told", () => {
  expect(statusTable(SNAPSHOT)).not.toContain("affinity");
  expect(statusTable({ ...SNAPSHOT, affinity: "client" })).toContain("decides which slot");
});

test("what is under way is told, and how the last reload went, on a line each", () => {
  const ended = new Date(Date.now() - 65_000).toISOString();
  const table = statusTable({
    ...SNAPSHOT,
    under_way: [{ what: "drain-command", words: "health checks get 503" }],
    last_reload: {
      generation: 3,
      outcome: "rejected",
      reason: "app ./app.ts: Error: \u001b[2J\n  at app.ts:1:2",
      ended,
    },
  });
  expect(table.split("\n").slice(1, 3)).toEqual([
    "under way: drain command, health checks get 503",
    "last reload: generation 3 rejected 1m5s ago: app ./app.ts: Error: \\x1b[2J",
  ]);
});

test("a generation that a link leads to says which release it is, and no other", () => {
  const [old, fresh] = SNAPSHOT.generations;
  if (old === undefined || fresh === undefined) throw new Error("generations are missing");
  const link = "/srv/current/app.ts";
  const generations = [
    { ...old, app_path: "/srv/releases/41/app.ts", app_link: link },
    { ...fresh, app_path: "/srv/releases/42/app.ts", app_link: link },
  ];
  expect(
    statusTable({ ...SNAPSHOT, generations })
      .split("\n")
      .slice(1, 3),
  ).toEqual(["generation 0: from releases/41/app.ts", "generation 1: from releases/42/app.ts"]);
  const plain = { ...fresh, app_path: "/srv/app.ts", app_link: null };
  expect(statusTable({ ...SNAPSHOT, generations: [plain] })).not.toContain("from");
});
