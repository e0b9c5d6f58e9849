// What is told of a trial: by the log, by the end of the reload, and to a service manager.

import { describe, expect, test } from "bun:test";
import type { Effect } from "../../src/core/effects.ts";
import { aboutVerdict } from "../../src/core/log-fields.ts";
import { NOTHING_NOTIFIED, notices, remainingMs } from "../../src/core/notices.ts";
import { judge } from "../../src/core/verdict.ts";
import { END, type Scenario } from "./scenario.ts";
import {
  BAD,
  BAKE,
  CANARY,
  comparison,
  FEW,
  figures,
  GOOD,
  measure,
  PLAIN,
  tried,
} from "./trials.ts";

const ROLLBACK = { type: "rollback-requested", by: "a rollback command" } as const;

/** A verdict's fields in the log, and the end of the reload, in short. */
function told(effects: readonly Effect[]): unknown[] {
  return effects.flatMap((effect): unknown[] => {
    if (effect.type === "log" && effect.event === "verdict") return [effect.fields];
    if (effect.type !== "reload-ended") return [];
    return [`${effect.outcome}, ${effect.verdict?.name ?? "no verdict"}`];
  });
}

const inCanary = (): Scenario => tried(CANARY);
const inBake = (): Scenario => tried(BAKE);
const verifying = (): Scenario => tried({ ...CANARY, hasVerify: true });
const bad = (server: Scenario): Scenario => measure(server, 1, BAD);
const good = (server: Scenario): Scenario => measure(server, 1, GOOD);
const few = (server: Scenario): Scenario => measure(server, 1, FEW);

test("the log has the figures of a verdict as numbers", () => {
  const fresh = figures(100, 50, 12.3456);
  const none = { requests: 0, errors: 0, unanswered: 0, pending: 0, p99Ms: undefined };
  const measured = { ...comparison(fresh), recent: { fresh: none, old: none } };
  const [fields, end] = told(
    measure(inCanary(), 1, measured)
      .obey(...END)
      .take(),
  );
  expect(fields).toEqual({
    generation: 1,
    verdict: "bad",
    words: expect.stringContaining("50.0 % of requests failed"),
    troubles: 0,
    measured: {
      new: { requests: 100, errors: 50, unanswered: 0, p99_ms: 12.35 },
      old: { requests: 1000, errors: 0, unanswered: 0, p99_ms: 10 },
      recent: {
        new: { requests: 0, errors: 0, unanswered: 0, p99_ms: null },
        old: { requests: 0, errors: 0, unanswered: 0, p99_ms: null },
      },
    },
  });
  expect(end).toBe("rolled-back, bad");
});

describe("a reload ends with", () => {
  test.each<[string, () => Scenario, readonly string[]]>([
    ["a bad canary", () => bad(inCanary()).obey(...END), ["rolled-back, bad"]],
    ["a bad bake", () => bad(inBake()).obey(...END), ["rolled-back, bad"]],
    ["a good canary", () => good(inCanary().pass(30_000)).obey(...END), ["completed, good"]],
    ["a good bake", () => good(inBake().pass(60_000)).obey(...END), ["completed, good"]],
    ["too few requests", () => few(inCanary().pass(30_000)).obey(...END), ["completed, too-few"]],
    [
      "nothing that can be measured",
      () =>
        inCanary()
          .pass(30_000)
          .send({ type: "measured", generation: 1, comparison: undefined })
          .obey(...END),
      ["completed, too-few"],
    ],
    [
      "somebody who wants the old one",
      () =>
        inCanary()
          .send(ROLLBACK)
          .obey(...END),
      ["rolled-back, no verdict"],
    ],
    [
      "a bake that a newer version cuts short",
      () =>
        inBake()
          .reload()
          .obey("load-config", "spawn", "bind")
          .obey(...END),
      ["completed, no verdict"],
    ],
  ])("%s", (_name, server, expected) => {
    expect(told(server().take()).filter((it) => typeof it === "string")).toEqual([...expected]);
  });
});

test("a verdict for which nothing could be measured has no figures", () => {
  expect(aboutVerdict(judge(PLAIN, undefined, 3))).toEqual({
    verdict: "too-few",
    words: "nothing could be measured",
    troubles: 3,
    measured: null,
  });
});

/** What is sent when this happens, after what was sent before. */
function heard(server: Scenario, happens: (server: Scenario) => unknown): readonly string[] {
  const { notified } = notices(NOTHING_NOTIFIED, server.state, 7n);
  happens(server);
  return notices(notified, server.state, 7n).messages;
}

describe("a service manager hears of", () => {
  const RELOADING = "RELOADING=1\nMONOTONIC_USEC=7\n";
  test("a canary", () => {
    const { messages } = notices(NOTHING_NOTIFIED, inCanary().state, 7n);
    expect(messages).toEqual([
      "READY=1",
      `${RELOADING}STATUS=Reloading: generation 1 is on trial with 10 % of new connections`,
    ]);
  });

  test("a command that is asked about a generation", () => {
    const { messages } = notices(NOTHING_NOTIFIED, verifying().state, 7n);
    expect(messages.join()).toContain("generation 1 is ready, and rollout.verify looks at it");
  });

  test("a generation in standby, which does not drain", () => {
    const { messages } = notices(NOTHING_NOTIFIED, inBake().state, 7n);
    expect(messages).toEqual([
      "READY=1",
      `${RELOADING}STATUS=Serving with 2 workers on generation 1; generation 0 is in standby`,
    ]);
  });

  test("a canary that was rolled back", () => {
    expect(heard(inCanary(), bad)).toEqual([
      "READY=1\nSTATUS=Reload failed: generation 1 was rolled back; generation 0 keeps serving",
    ]);
  });

  test("a generation that was rolled back, until the next reload", () => {
    const server = inBake();
    expect(heard(server, bad)).toEqual([
      "READY=1\nSTATUS=Reload failed: generation 1 was rolled back; generation 0 serves again",
    ]);
    expect(heard(server, () => server.reload())).toEqual([
      `${RELOADING}STATUS=Reloading: generation 2 is loading`,
    ]);
  });
});

describe("what is under way may still take", () => {
  const MARGIN_MS = 2000;
  test.each<[string, () => Scenario, number]>([
    ["the rest of a canary and reload_timeout", () => inCanary().pass(400), 59_600],
    ["reload_timeout, if a canary is late", () => inCanary().pass(35_000), 30_000],
    ["the rest of a bake and reload_timeout", () => inBake().pass(400), 89_600],
    ["the command's time and reload_timeout", () => verifying(), 60_000],
  ])("%s", (_name, server, ms) => {
    const { state, nowMs } = server();
    expect(remainingMs(state, nowMs)).toBe(ms + MARGIN_MS);
  });
});
