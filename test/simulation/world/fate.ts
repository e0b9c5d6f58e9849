// How one simulated worker is going to behave, decided when it is spawned.

import { RESIGN_MS } from "../../../src/worker/app/leadership.ts";
import type { Random } from "./random.ts";
import type { Profile } from "./profile.ts";

/** What comes of a step of the start. */
export type Outcome = "succeeds" | "fails" | "dies" | "hangs";

/** And of the bind: it says that it listens, and the master gets no listener. */
export type BindOutcome = Outcome | "sends nothing";

export interface Fate {
  readonly startMs: number;
  readonly loadMs: number;
  readonly load: Outcome;
  readonly bindMs: number;
  /** How many addresses it gets to listen on before the bind ends otherwise than well. */
  readonly boundBefore: number;
  readonly bind: BindOutcome;
  readonly warmUpMs: number;
  readonly warmUp: Outcome;
  /** When it crashes, and when its loop stops turning, from its spawn on. */
  readonly crashAfterMs: number | undefined;
  readonly hangAfterMs: number | undefined;
  /** For how long; undefined: for good. */
  readonly hangForMs: number | undefined;
  /** When its app throws outside a request, once or again and again. */
  readonly throwsAfterMs: readonly number[];
  /** When it says that it listens, without being asked. */
  readonly liesAfterMs: number | undefined;
  /** How long the app takes to stop what it does as the leader. */
  readonly resignMs: number;
  readonly endMs: number;
  /** It does not end when told to; only a kill ends it. */
  readonly stubborn: boolean;
  /** One of its connections never ends. */
  readonly neverIdle: boolean;
}

/** What a worker does when nothing goes wrong: all of it, and soon. */
export function goodFate(random: Random): Fate {
  return {
    startMs: random.integer(0, 10),
    loadMs: random.integer(0, 50),
    load: "succeeds",
    bindMs: random.integer(0, 3),
    boundBefore: 0,
    bind: "succeeds",
    warmUpMs: random.integer(0, 10),
    warmUp: "succeeds",
    crashAfterMs: undefined,
    hangAfterMs: undefined,
    hangForMs: undefined,
    throwsAfterMs: [],
    liesAfterMs: undefined,
    resignMs: 0,
    endMs: random.integer(0, 20),
    stubborn: false,
    neverIdle: false,
  };
}

/** How long a loop is blocked; undefined: for good. */
export function randomHang(random: Random): number | undefined {
  return random.chance(0.7) ? random.wait(random.pick([200, 1000, 5000])) : undefined;
}

export function randomFate(random: Random, { faultRate: rate }: Profile): Fate {
  const outcome = (): Outcome =>
    random.chance(rate) ? random.pick(["fails", "dies", "hangs"]) : "succeeds";
  const sometime = (): number | undefined =>
    random.chance(rate) ? random.wait(random.pick([100, 2000, 20_000])) : undefined;
  const throws = (): number[] => {
    const firstMs = sometime();
    if (firstMs === undefined) return [];
    const [times, apartMs] = [random.pick([1, 1, 10]), random.pick([0, 1000])];
    return Array.from({ length: times }, (_, time) => firstMs + time * apartMs);
  };
  return {
    startMs: random.wait(10),
    loadMs: random.wait(random.pick([10, 100])),
    load: outcome(),
    bindMs: random.wait(3),
    boundBefore: random.integer(0, 2),
    bind: random.chance(rate / 4) ? "sends nothing" : outcome(),
    warmUpMs: random.wait(random.pick([1, 50])),
    warmUp: outcome(),
    crashAfterMs: sometime(),
    hangAfterMs: sometime(),
    hangForMs: randomHang(random),
    throwsAfterMs: throws(),
    liesAfterMs: random.chance(rate / 4) ? random.wait(2000) : undefined,
    resignMs: Math.min(RESIGN_MS, random.wait(random.pick([1, 300]))),
    endMs: random.wait(20),
    stubborn: random.chance(rate),
    neverIdle: random.chance(rate),
  };
}
