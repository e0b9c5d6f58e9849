// When a certificate is ordered: tables, and years of a simulated server.
import { describe, expect, test } from "bun:test";
import {
  afterFailure,
  DAY_MS,
  type DomainFacts,
  dueOf,
  type Failures,
  type HeldCertificate,
  hurried,
  nextDue,
  renewalMs,
} from "../../src/acme/schedule.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const NOW_MS = 1000 * DAY_MS;

const NOTHING = { held: undefined, failures: undefined };

/** @param days its lifetime and how much of that has passed */
function held(days: number, passed: number, fingerprint = "00000000"): HeldCertificate {
  const notBeforeMs = NOW_MS - passed * DAY_MS;
  return { notBeforeMs, notAfterMs: notBeforeMs + days * DAY_MS, fingerprint };
}

function failed(times: number, random = 0): Failures {
  let failures: Failures | undefined;
  for (let time = 0; time < times; time++) {
    failures = afterFailure({ held: undefined, failures }, { reason: "refused" }, NOW_MS, random);
  }
  return failures as Failures;
}

function facts(
  domain: string,
  certificate: HeldCertificate | undefined,
  failures?: Failures,
): DomainFacts {
  return { domain, held: certificate, failures };
}

test.each([
  ["90 days, a third left", 90, 30, 0],
  ["90 days, at the latest a day sooner", 90, 31, 0xffffffff],
  ["6 days: 2 left", 6, 2, 0],
  ["6 days: at most a tenth sooner", 6, 2.6, 0xffffffff],
  ["an hour", 1 / 24, 1 / 72, 0],
])("a certificate for %s is renewed before its last third", (_, days, left, fingerprint) => {
  const one = held(days, 0, fingerprint.toString(16).padStart(8, "0"));
  expect((one.notAfterMs - renewalMs(one)) / DAY_MS).toBeCloseTo(left, 5);
});

test.each<[string, DomainFacts, number]>([
  ["no certificate: now", facts("a", undefined), -Infinity],
  ["one that has expired: now", facts("a", held(90, 100)), -Infinity],
  ["a new one: not yet", facts("a", held(90, 1)), 59],
  ["no certificate, failed once: in 5 minutes", facts("a", undefined, failed(1)), 5 / 1440],
  ["failed four times: in 40 minutes", facts("a", undefined, failed(4)), 40 / 1440],
  ["failed often: in a day", facts("a", undefined, failed(100)), 1],
  ["a failure does not bring a renewal forward", facts("a", held(90, 1), failed(1)), 59],
])("%s", (_, given, inDays) => {
  const { atMs } = dueOf(given, NOW_MS);
  if (inDays === -Infinity) expect(atMs).toBeLessThanOrEqual(NOW_MS);
  else expect((atMs - NOW_MS) / DAY_MS).toBeCloseTo(inDays, 5);
});

test("what clients miss comes first, then what has failed least, else what is due first", () => {
  const missing = facts("missing", undefined);
  const expired = facts("expired", held(90, 91));
  const due = facts("due", held(90, 70));
  const later = facts("later", held(90, 50));
  const fresh = facts("fresh", held(90, 1));
  const old = { ...failed(3), retryMs: 0 };
  expect(nextDue([later, due, expired], NOW_MS)?.domain).toBe("expired");
  expect(nextDue([due, facts("failing", undefined, old), missing], NOW_MS)?.domain).toBe("missing");
  expect(nextDue([fresh, later], NOW_MS)?.domain).toBe("later");
  expect(nextDue([due, facts("failing", undefined, failed(1))], NOW_MS)?.domain).toBe("due");
  expect(nextDue([], NOW_MS)).toBeUndefined();
});

describe("after a failure", () => {
  test("waits double, up to a day, with at most a quarter on top", () => {
    const waits = [1, 2, 3, 4, 8, 9, 10, 1000].map((times) => {
      const { retryMs } = failed(times);
      return (retryMs - NOW_MS) / MINUTE_MS;
    });
    expect(waits).toEqual([5, 10, 20, 40, 640, 1280, 1440, 1440]);
    expect(failed(1, 1).retryMs - NOW_MS).toBe(6.25 * MINUTE_MS);
  });

  test.each([
    ["as the CA says", { retryAfterMs: 3 * HOUR_MS }, 3 * HOUR_MS],
    ["no sooner than the CA says", { retryAfterMs: 1000 }, 5 * MINUTE_MS],
    ["an hour if there were too many requests", { isLimited: true }, HOUR_MS],
    ["never longer than a week", { retryAfterMs: 999 * DAY_MS }, 7 * DAY_MS],
  ])("it is tried again %s", (_, more, waitMs) => {
    const failures = afterFailure(NOTHING, { reason: "", ...more }, NOW_MS, 0);
    expect(failures.retryMs - NOW_MS).toBe(waitMs);
  });

  test.each([
    ["90 days, 30 left", held(90, 60), 24],
    ["6 days, 2 left", held(6, 4), 6],
    ["6 days, an hour left", held(6, 6 - 1 / 24), 1],
    ["6 days, none left", held(6, 7), 24],
  ])("a certificate for %s allows no longer wait", (_, certificate, hours) => {
    const often = { held: certificate, failures: failed(20) };
    const { retryMs } = afterFailure(often, { reason: "" }, NOW_MS, 1);
    expect((retryMs - NOW_MS) / HOUR_MS).toBeCloseTo(hours, 5);
  });

  test("a person who has mended something waits a quarter of an hour, not a day", () => {
    expect(hurried(failed(1)).retryMs).toBe(NOW_MS + 5 * MINUTE_MS);
    expect(hurried(failed(20)).retryMs).toBe(NOW_MS + 15 * MINUTE_MS);
    const told = afterFailure(
      { held: undefined, failures: failed(20) },
      { reason: "", retryAfterMs: HOUR_MS },
      NOW_MS,
      0,
    );
    expect(hurried(told).retryMs).toBe(NOW_MS + HOUR_MS);
  });

  test("a clock that was ahead holds up an order for a week at most", () => {
    const ahead = afterFailure(NOTHING, { reason: "" }, NOW_MS + 10_000 * DAY_MS, 0);
    expect(dueOf(facts("a", undefined, ahead), NOW_MS).atMs).toBe(NOW_MS + 7 * DAY_MS);
  });
});

/** A generator of numbers from 0 to 1 (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe.each([1, 2, 3, 4, 5, 6])("three years of a server, seed %d", (seed) => {
  test("names are never without a certificate, and no CA is asked too often", () => {
    const random = randomFrom(seed);
    const lifetimeMs = (seed % 2 === 0 ? 90 : 6) * DAY_MS;
    const attempts = new Map<string, number[]>();
    const orders = new Map<string, number>();
    let known = ["a", "b", "c"].map((domain) => facts(domain, undefined));
    let nowMs = NOW_MS;
    // An outage of half the time that is left at a renewal, now and then.
    let downUntilMs = 0;
    const endMs = NOW_MS + 3 * 365 * DAY_MS;
    while (nowMs < endMs) {
      const due = nextDue(known, nowMs);
      if (due === undefined) throw new Error("there are domains");
      // It always goes on: a due order changes what is known.
      nowMs = Math.max(nowMs, due.atMs) + 1000;
      if (random() < 0.02) downUntilMs = nowMs + (lifetimeMs / 6) * random();
      // A reload now and then, by people or programs.
      const isReload = random() < 0.1;
      const tried = attempts.get(due.domain) ?? [];
      attempts.set(due.domain, [...tried, nowMs]);
      const isFailing = nowMs < downUntilMs || random() < 0.1;
      known = known.map((it) => {
        const kept = isReload && it.failures ? hurried(it.failures) : it.failures;
        if (it.domain !== due.domain) return facts(it.domain, it.held, kept);
        if (it.held !== undefined) expect(it.held.notAfterMs).toBeGreaterThan(nowMs);
        const failures = afterFailure(
          { held: it.held, failures: kept },
          { reason: "" },
          nowMs,
          random(),
        );
        if (isFailing) return facts(it.domain, it.held, failures);
        orders.set(it.domain, (orders.get(it.domain) ?? 0) + 1);
        const fingerprint = Math.floor(random() * 2 ** 32)
          .toString(16)
          .padStart(8, "0");
        const issued = { notBeforeMs: nowMs, notAfterMs: nowMs + lifetimeMs, fingerprint };
        return facts(it.domain, issued);
      });
    }
    for (const [domain, times] of attempts) {
      for (const [index, time] of times.entries()) {
        const sixth = times[index + 5] ?? Infinity;
        expect(sixth - time).toBeGreaterThan(HOUR_MS);
      }
      const expected = (3 * 365 * DAY_MS) / (lifetimeMs * (2 / 3));
      expect(orders.get(domain)).toBeLessThan(expected * 1.3);
      expect(orders.get(domain)).toBeGreaterThan(expected * 0.7);
    }
  });
});
