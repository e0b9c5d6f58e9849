// What the log says of trials and of other ways to take over: what is true at that moment.
import { describe, expect, test } from "bun:test";
import { END, type Scenario, SETTINGS, serving, START } from "./scenario.ts";
import { BAKE, CANARY, FEW, measure, PLAIN, tried } from "./trials.ts";

const CASES: readonly (readonly [string, () => Scenario, readonly string[], string | undefined])[] =
  [
    [
      "the old version drains after a bake",
      () => measure(tried(BAKE), 1, FEW, 60_000),
      ["[INFO] Draining generation 0, which was in standby..."],
      "New workers spawned",
    ],
    [
      "nobody of the old version is left to be in standby",
      () => {
        const server = serving({ workers: 2, rollout: { ...PLAIN, ...BAKE } }).reload();
        return server.obey("load-config", "spawn").crash(0).crash(1).obey("bind");
      },
      [
        "[WARN] No worker of generation 0 is left in standby: there is nothing to go back to",
        "[INFO] New workers spawned. Draining old workers (generation 0)...",
      ],
      "stays in standby",
    ],
    [
      "nobody is left to be stopped before the new version starts",
      () => {
        const server = serving({ workers: 1, rollout: { ...PLAIN, strategy: "restart" } });
        return server
          .crash(0)
          .crash(1)
          .reload()
          .obey(...START);
      },
      [
        "[INFO] Generation 1 starts (rollout.strategy); no worker of generation 0 is left to be " +
          "stopped",
      ],
      "Stopping generation 0",
    ],
    [
      "a newer version is wanted before a canary begins",
      () => {
        const server = serving({ workers: 1, rollout: { ...PLAIN, ...CANARY } }).reload();
        return server.obey("load-config").reload().obey("spawn", "bind");
      },
      [
        "[WARN] Generation 1 is ready and gets no clients: a newer version is wanted (SIGHUP)",
        "[WARN] Reload failed — continuing with previous version",
      ],
      "[ERROR]",
    ],
    [
      "a canary had too few requests",
      () => measure(tried(CANARY), 1, FEW, 30_000),
      ["[WARN] Generation 1 is not judged: "],
      undefined,
    ],
    [
      "the workers were scaled while the old version drains",
      () =>
        tried({})
          .scale(1)
          .scale(1)
          .obey(...START, ...END),
      ["[INFO] Graceful reload complete. Running 4 worker(s) on generation 1"],
      undefined,
    ],
    [
      "another version serves by the time that the old one has drained",
      () =>
        tried({})
          .reload()
          .obey(...START)
          .obey(...END),
      [
        "[INFO] Graceful reload complete. Generation 1 has served; generation 2 does now",
        "[INFO] Graceful reload complete. Running 2 worker(s) on generation 2",
      ],
      "on generation 1",
    ],
    [
      "a crash budget is spent, and more crashes follow",
      () => {
        const respawn = { ...SETTINGS.respawn, maxCrashes: 1 };
        return serving({ respawn }).crash(0).crash(1).crash(2).pass(500).crash(3);
      },
      ["[ERROR] 1 crashes within 60s — the crash budget is spent (respawn.max_crashes)"],
      "[ERROR] 2 crashes",
    ],
  ];

describe("the log says so when", () => {
  test.each(CASES)("%s", (_, server, expected, never) => {
    const log = server().takeLog();
    for (const line of expected) {
      expect(log.filter((it) => it.startsWith(line))).toEqual([expect.any(String)]);
    }
    if (never !== undefined) expect(log.join("\n")).not.toContain(never);
  });
});

test("whoever waits for a canary is told that it was not judged", () => {
  const server = serving({ workers: 2, rollout: { ...PLAIN, ...CANARY } });
  server.send({ type: "reload-requested", by: "a command", id: 7, until: "steered" });
  measure(server.obey(...START), 1, FEW, 30_000);
  expect(server.takeOnly("answer")).toMatchObject([
    { id: 7, ok: true, unjudged: expect.stringContaining("10 requests") },
  ]);
});

test("a receipt has the workers that there are, not those that the file asks for", () => {
  const server = tried({})
    .scale(1)
    .obey(...START, ...END);
  expect(server.takeOnly("reload-ended")).toMatchObject([{ workers: 3 }]);
});
