// To which receipt the drain of each worker is counted: the control loop says so, worker by worker.
import { expect, test } from "bun:test";
import type { Effect } from "../../../src/core/effects.ts";
import { realClock } from "../../../src/master/real/clock.ts";
import { Receipts } from "../../../src/master/reports/receipts.ts";
import { END, type Scenario, serving, START } from "../../core/scenario.ts";
import { BAD, BAKE, CANARY, GOOD, measure, PLAIN } from "../../core/trials.ts";

const WORKERS = 2;

/** A server of which each worker has served one request while it drained, and what is said then. */
function receiptsOf(story: (server: Scenario) => unknown, rollout: object): unknown[] {
  const server = serving({ workers: WORKERS, rollout: { ...PLAIN, ...rollout } });
  const receipts = new Receipts(realClock);
  const told: unknown[] = [];
  const see = (effect: Effect): void => {
    const receipt = receipts.observe(effect, server.nowMs);
    if (receipt === undefined) return;
    const { generation, outcome, requests } = receipt;
    told.push(`${generation} ${outcome}: ${drained(requests.served_while_draining)}`);
  };
  const { send } = server;
  server.send = (event) => {
    if (event.type === "worker-idle") {
      const { worker } = event;
      // Each counts in a place of its own.
      receipts.noteDrain(worker, { ...NOTHING, served: 2 ** worker });
    }
    send.call(server, event);
    for (const effect of server.take()) see(effect);
    return server;
  };
  story(server);
  server
    .obey(...END)
    .pass(3000)
    .obey(...END);
  return told;
}

const NOTHING = { idleClosed: 0, forcedConnections: 0, forcedRequests: [] };

/** The workers that are counted. */
function drained(served: number): string {
  const found = [...Array(32).keys()].filter((worker) => (served >> worker) & 1);
  return found.join(" ") || "none";
}

const up = (server: Scenario): Scenario => server.reload().obey(...START);

const TABLE: readonly (readonly [
  what: string,
  rollout: object,
  story: (server: Scenario) => unknown,
  receipts: readonly string[],
])[] = [
  ["a reload: the old workers", {}, up, ["1 completed: 0 1"]],
  [
    "two that overlap: each has its own",
    {},
    (server) => up(up(server)),
    ["1 completed: 0 1", "2 completed: 2 3"],
  ],
  [
    "a bad canary: the new workers",
    CANARY,
    (server) => measure(up(server), 1, BAD),
    ["1 rolled-back: 2 3"],
  ],
  [
    "a canary that makes way: each what has drained for it",
    CANARY,
    (server) => {
      up(server)
        .reload()
        .obey("check-config", "load-config", ...START);
      measure(server, 2, GOOD, 31_000);
    },
    ["1 rolled-back: 2 3", "2 completed: 0 1"],
  ],
  [
    "a bad bake: the new workers",
    BAKE,
    (server) => measure(up(server), 1, BAD),
    ["1 rolled-back: 2 3"],
  ],
  [
    "a bad bake while a newer reload runs: that has the workers that served again",
    BAKE,
    (server) => {
      up(server).reload().obey("load-config");
      measure(server, 1, BAD).obey(...START);
      measure(server, 2, GOOD, 61_000);
    },
    ["1 rolled-back: 2 3", "2 completed: 0 1"],
  ],
  [
    "workers that go because of a scaling: no receipt",
    {},
    (server) => up(server.scale(-1)),
    ["1 completed: 0"],
  ],
  [
    "a restart: the old workers, which drain before there is a new one",
    { strategy: "restart" },
    (server) => server.reload().obey("load-config", ...END, ...START),
    ["1 completed: 0 1"],
  ],
  [
    "a rolling reload: the old workers, as they make way",
    { strategy: "rolling" },
    (server) => server.reload().obey(...START, ...END),
    ["1 completed: 0 1"],
  ],
];

test.each(TABLE)("counted to %s", (_what, rollout, story, receipts) => {
  expect(receiptsOf(story, rollout)).toEqual([...receipts]);
});
