// Workers that are well and have reached a limit: one after the other is replaced, new before old,
// when nothing else is under way.
import { describe, expect, test } from "bun:test";
import type { Measured } from "../../../src/core/events.ts";
import { LEAST_AGE_MS, type RecycleSettings, type Settings } from "../../../src/core/settings.ts";
import { initialState } from "../../../src/core/state.ts";
import { underWay } from "../../../src/master/reports/under-way.ts";
import { type Scenario, serving, SETTINGS, START, started, VERSION } from "../scenario.ts";
import { BAKE, CANARY, measure, GOOD, PLAIN } from "../trials.ts";

const NONE: RecycleSettings = {
  maxRequests: 0,
  maxRequestsJitter: 0,
  maxRssBytes: 0,
  maxLifetimeMs: 0,
};
const MIB = 1024 ** 2;
const HOUR_MS = 3_600_000;
const UNWORN = { requests: 0, rssBytes: 0, ageMs: 0, luck: 0 };

const limited = (recycle: Partial<RecycleSettings>, change: Partial<Settings> = {}): Scenario =>
  serving({ recycle: { ...NONE, ...recycle }, ...change });

const found = (server: Scenario, ...workers: (Partial<Measured> & { worker: number })[]) =>
  server.send({
    type: "workers-measured",
    workers: workers.map((it) => Object.assign({}, UNWORN, it)),
  });

/** What each of these workers has answered. */
const answered = (server: Scenario, requests: number, ...workers: number[]): Scenario =>
  found(server, ...workers.map((worker) => ({ worker, requests })));

const OLD = { maxRequests: 1000 };

describe("a limit", () => {
  test.each<[string, Partial<RecycleSettings>, Partial<Measured>, string | undefined]>([
    ["that is not set", {}, { requests: 1e9, rssBytes: 1e12, ageMs: 1e12 }, undefined],
    ["of requests, almost", OLD, { requests: 999 }, undefined],
    ["of requests", OLD, { requests: 1000 }, "has answered 1000 requests (recycle.max_requests)"],
    ["with jitter", { ...OLD, maxRequestsJitter: 100 }, { requests: 1049, luck: 0.5 }, undefined],
    [
      "with jitter, reached",
      { ...OLD, maxRequestsJitter: 100 },
      { requests: 1050, luck: 0.5 },
      "has answered 1050 requests (recycle.max_requests)",
    ],
    ["of memory, almost", { maxRssBytes: MIB }, { rssBytes: MIB - 1, ageMs: HOUR_MS }, undefined],
    [
      "of memory",
      { maxRssBytes: 512 * MIB },
      { rssBytes: 600 * MIB, ageMs: LEAST_AGE_MS },
      "has 600MiB of memory (recycle.max_rss)",
    ],
    [
      "of memory that is reached from the start",
      { maxRssBytes: MIB },
      { rssBytes: 2 * MIB, ageMs: LEAST_AGE_MS - 1 },
      undefined,
    ],
    ["of time, almost", { maxLifetimeMs: HOUR_MS }, { ageMs: HOUR_MS - 1 }, undefined],
    [
      "of time",
      { maxLifetimeMs: HOUR_MS },
      { ageMs: HOUR_MS + 300 },
      "has run for 1h (recycle.max_lifetime)",
    ],
  ])("%s", (_, limits, measured, words) => {
    const server = limited(limits);
    found(server, { worker: 1, ...measured });
    expect(server.takeLog()).toEqual(
      words === undefined
        ? []
        : [
            `[INFO] Replacing worker 1 (generation 0), which ${words} — ` +
              "it drains when its replacement is ready",
          ],
    );
    expect(server.phases.includes("spawning")).toBe(words !== undefined);
  });
});

describe("a worker that has reached it", () => {
  test("serves until the new one is ready, then drains for that reason", () => {
    const server = answered(limited(OLD), 1000, 1);
    const deeds = server.takeDeeds().filter(({ type }) => type !== "steer");
    expect(deeds).toEqual([{ type: "spawn", worker: 2, generation: 0, slot: 1 }]);
    expect(server.obey("spawn").phases).toBe("0:ready 1:ready 2:binding");
    const words = "2 of 2 workers are ready, 1 being replaced";
    expect(underWay(server.state, server.nowMs)).toEqual([{ what: "recycle", words }]);
    server.take();
    server.obey("bind");
    expect(server.takeOnly("drain")).toMatchObject([{ worker: 1, reason: "recycle" }]);
    expect(server.obey("drain", "stop").phases).toBe("0:ready 2:ready");
  });

  test("is no crash: it waits for nothing, and spends no budget", () => {
    const server = answered(limited(OLD), 1000, 1);
    const { respawn } = server.state;
    expect(respawn).toEqual(initialState(SETTINGS, VERSION).respawn);
    server.obey(...START);
    expect(server.takeOnly("worker-recycled")).toMatchObject([{ worker: 1, why: "requests" }]);
  });

  test("waits for the others: one at a time, until the one before has gone", () => {
    const server = limited(OLD, { workers: 3 });
    answered(server, 1000, 0, 1, 2);
    const begun = [];
    for (let turn = 0; turn < 3; turn++) {
      begun.push(server.takeOnly("spawn").map(({ slot }) => slot));
      server.obey(...START);
      expect(server.takeOnly("spawn")).toEqual([]);
      expect(server.state.workers.size).toBe(4);
      server.obey("drain", "stop");
    }
    expect(begun).toEqual([[0], [1], [2]]);
    expect(server.phases).toBe("3:ready 4:ready 5:ready");
  });

  test("is told of once", () => {
    const server = answered(answered(limited(OLD), 1000, 1), 2000, 1).obey(...START);
    answered(server, 3000, 1);
    expect(server.takeOnly("worker-recycled")).toHaveLength(1);
  });

  test("serves on if its replacement does not start, which is tried again", () => {
    const server = answered(limited(OLD), 1000, 1);
    server.send({ type: "worker-failed", worker: 2, reason: "no such table" }).obey("stop");
    expect(server.pass(1000).phases).toBe("0:ready 1:ready 3:spawning");
    expect(server.obey(...START, "drain", "stop").phases).toBe("0:ready 3:ready");
  });

  test("is no recycled one as long as its replacement does not start; status says why", () => {
    const server = answered(limited(OLD), 1000, 1).send(started(2));
    server.send({ type: "worker-outdated", worker: 2, files: ["app.ts"] }).obey("kill");
    server.pass(60_000);
    expect(server.takeOnly("worker-recycled")).toEqual([]);
    expect(underWay(server.state, server.nowMs)).toEqual([
      {
        what: "recycle",
        words:
          "suspended for worker 1, which has answered 1000 requests (recycle.max_requests): app.ts " +
          "has changed since generation 0 was loaded: reload to serve what is on disk now, or put " +
          "the files back",
      },
    ]);
    server.send({ type: "files-looked-at", generation: 0, changed: [] }).obey(...START);
    expect(server.takeOnly("worker-recycled")).toHaveLength(1);
  });

  test("serves on, and the log says so once, if its files have changed", () => {
    const server = limited(OLD, { workers: 3 });
    const generation = server.state.generations.get(0);
    if (generation === undefined) throw new Error("nothing serves");
    const outdated = { ...generation, outdated: ["/srv/app.ts"] };
    server.state = { ...server.state, generations: new Map([[0, outdated]]) };
    answered(answered(server, 1000, 1), 1000, 0, 2).send({ type: "tick" });
    expect(server.takeLog()).toEqual([
      "[WARN] Worker 1 (generation 0) is not replaced and keeps serving: /srv/app.ts has changed " +
        "since generation 0 was loaded: reload to serve what is on disk now, or put the files back",
    ]);
    server.send({ type: "files-looked-at", generation: 0, changed: [] });
    expect(server.takeOnly("spawn")).toHaveLength(1);
  });
});

function expectPutOff(server: Scenario): void {
  server.take();
  answered(server, 1000, 0, 1, 2, 3);
  expect(begunIn(server)).toEqual([]);
}

/** The replacements that were begun, as the log says. */
function begunIn(server: Scenario) {
  return server.takeOnly("log").filter(({ event }) => event === "worker-recycled");
}

describe("while something else is under way, none is replaced for it", () => {
  const recycle = { ...NONE, ...OLD };

  test("a reload, until the old generation has gone", () => {
    const server = limited(OLD).reload().obey("load-config");
    expectPutOff(server);
    expectPutOff(server.obey(...START));
    server.obey("drain", "stop", "release-listener");
    expect(begunIn(answered(server, 1000, 2))).toHaveLength(1);
  });

  test("a canary, and a bake", () => {
    const rollout = { ...PLAIN, ...CANARY, ...BAKE };
    const server = serving({ recycle, rollout })
      .reload()
      .obey(...START);
    expectPutOff(server);
    measure(server, 1, GOOD, 31_000);
    expect(server.state.bake).toBeDefined();
    expectPutOff(server);
  });

  test("a handover", () => expectPutOff(limited(OLD).handOver()));
  test("a stop", () => expectPutOff(limited(OLD).stop("graceful")));
  test("an empty slot, as after a crash", () => expectPutOff(limited(OLD).crash(0).crash(1)));
  test("a scaling", () => expectPutOff(limited(OLD).scale(1)));
});
