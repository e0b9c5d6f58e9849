// The master looks at how far workers have got, and tells of those that stand still.
import { expect, test } from "bun:test";
import type { Event } from "../../../src/core/events.ts";
import { LOOK_MS, REST_LOOK_MS, Watchdog } from "../../../src/master/workers/watchdog.ts";
import { CounterPages } from "../../../src/master/reports/counter-pages.ts";
import type { Clock } from "../../../src/master/surroundings.ts";
import { type Scenario, serving, steered } from "../../core/scenario.ts";

/** The clock of the machine is ahead of the master's. */
const MACHINE_MS = 1e9;

/** Looks as often as it is told to. */
class Looks {
  readonly told: Event[] = [];
  /** How far each worker has got; undefined: nobody knows. */
  readonly far = new Map<number, number | undefined>();
  /** When each counted a turn. */
  readonly turnedMs = new Map<number, number>();
  /** Whether workers that do not get on have a processor. */
  isBusy = true;
  /** How often each counts one. */
  turnEachMs = 100;
  nowMs = 0;
  /** Each with its time. */
  #looks: (readonly [dueMs: number, act: () => void])[] = [];
  readonly pages: CounterPages;

  constructor(readonly server: Scenario) {
    const clock: Pick<Clock, "now" | "machineMs" | "after" | "every"> = {
      now: () => this.nowMs,
      machineMs: () => this.nowMs + MACHINE_MS,
      after: (delayMs, act) => {
        this.#looks.push([this.nowMs + delayMs, act]);
        return () => undefined;
      },
      every: (intervalMs, act) => {
        const next = (): void => void this.#looks.push([this.nowMs + intervalMs, each]);
        const each = (): void => {
          next();
          act();
        };
        next();
      },
    };
    const workers: number[] = [];
    this.pages = new CounterPages({
      create: () => ({ descriptor: workers.length }),
      read: () => undefined,
      progress: (descriptor) => {
        const worker = workers[descriptor] ?? -1;
        const turnedMs = (this.turnedMs.get(worker) ?? 0) + MACHINE_MS;
        return { count: this.far.get(worker) ?? 0, turnedMs, turnEachMs: this.turnEachMs };
      },
      close: () => undefined,
      remove: () => undefined,
    });
    for (const id of server.state.workers.keys()) {
      this.pages.add(id, 0);
      workers.push(id);
      this.far.set(id, 1);
    }
    void new Watchdog({
      clock: clock as Clock,
      pages: this.pages,
      state: () => server.state,
      doing: (worker) => ({
        words: `what ${worker} does`,
        isRunnable: true,
        ranNs: this.isBusy ? this.nowMs : 0,
      }),
      dispatch: (event) => void this.told.push(event),
    });
  }

  /** How many looks there are at once, in each millisecond that passes. */
  pass(forMs: number, each: () => void = () => undefined): number {
    let count = 0;
    for (const endMs = this.nowMs + forMs; this.nowMs < endMs;) {
      this.nowMs++;
      each();
      const due = this.#looks.filter(([dueMs]) => dueMs <= this.nowMs);
      this.#looks = this.#looks.filter(([dueMs]) => dueMs > this.nowMs);
      for (const [, look] of due) look();
      count += due.length;
    }
    return count;
  }

  turn(worker: number): void {
    this.far.set(worker, (this.far.get(worker) ?? 0) + 1);
    this.turnedMs.set(worker, this.nowMs);
  }

  /** @param moving the workers that get on meanwhile */
  look(times: number, ...moving: number[]): Event[] {
    this.pass(times * LOOK_MS, () => {
      if (this.nowMs % this.turnEachMs === 50) for (const worker of moving) this.turn(worker);
    });
    return this.told.splice(0);
  }
}

/** When each loop that blocks is told of, whenever that is. */
function foundAfter(restMs: number, block: (looks: Looks) => void): number[] {
  return Array.from({ length: 150 }, (_, at) => {
    const looks = new Looks(serving());
    looks.turnEachMs = restMs;
    looks.pass(4000 + at * 7, () => {
      if (looks.nowMs % restMs === 0) for (const worker of [0, 1]) looks.turn(worker);
    });
    block(looks);
    const startMs = looks.nowMs;
    while (looks.told.length === 0 && looks.nowMs < startMs + 5000) looks.pass(1);
    return looks.nowMs - startMs;
  });
}

test("a worker that a request blocks is told of within 500 ms, also one at rest", () => {
  const busy = foundAfter(100, () => undefined);
  expect(Math.max(...busy)).toBeLessThanOrEqual(500);
  expect(Math.min(...busy)).toBeGreaterThanOrEqual(200);
  const resting = foundAfter(550, (looks) => {
    for (const worker of [0, 1]) looks.turn(worker);
    looks.turnEachMs = 100;
  });
  expect(Math.max(...resting)).toBeLessThanOrEqual(500);
  expect(Math.min(...resting)).toBeGreaterThanOrEqual(200);
});

test("one at rest that something else blocks is told of within 1250 ms", () => {
  expect(Math.max(...foundAfter(550, () => undefined))).toBeLessThanOrEqual(1250);
});

test("the master looks five times a second, and twice while all rest", () => {
  const looks = new Looks(serving());
  const turns = (): void => void (looks.nowMs % 50 === 0 && [0, 1].map((id) => looks.turn(id)));
  looks.pass(1000, turns);
  expect(looks.pass(10_000, turns)).toBeGreaterThan(45);
  looks.turnEachMs = 550;
  looks.pass(1000, turns);
  expect(looks.pass(10_000, turns)).toBe(10_000 / REST_LOOK_MS);
  expect(looks.told).toEqual([]);
});

test("one that stands still is told of until it gets on, and nobody else", () => {
  const looks = new Looks(serving());
  expect(looks.look(10, 0, 1)).toEqual([]);
  const stalled = { type: "worker-stalled", worker: 1, doing: "what 1 does" } as const;
  expect(looks.look(3, 0)).toEqual([
    { ...stalled, forMs: 350 },
    { ...stalled, forMs: 550 },
  ]);
  expect(looks.look(1, 0, 1)).toEqual([{ type: "worker-got-on", worker: 1 }]);
  expect(looks.look(10, 0, 1)).toEqual([]);
});

test("for how long those that serve have stood still is known, also after their end", () => {
  const looks = new Looks(serving());
  looks.look(1, 0, 1);
  looks.look(20, 0);
  looks.look(10, 0, 1);
  // From the first look on, of two workers.
  const progress = { watchedMs: 2 * 5600, stalledMs: 3600, longStalls: 1 };
  expect(looks.pages.tally(0).progress).toEqual(progress);
  looks.pages.retire(1);
  expect(looks.pages.tally(0).progress).toEqual(progress);
  const draining = new Looks(steered());
  draining.look(30);
  expect(draining.pages.tally(0).progress).toMatchObject({ watchedMs: 2 * 5400 });
});

test("one that has no processor is not told of", () => {
  const looks = new Looks(serving());
  looks.isBusy = false;
  expect(looks.look(100, 0)).toEqual([]);
});

test("one that has never counted may have nowhere to count, and is left alone", () => {
  const looks = new Looks(serving());
  looks.far.set(0, 0);
  expect(looks.look(100, 1)).toEqual([]);
});

test("one that loads, and one that ends, are left alone", () => {
  const loading = new Looks(serving().reload().obey("load-config"));
  expect(loading.look(100, 0, 1)).toEqual([]);
  const ending = new Looks(steered().obey("drain"));
  expect(ending.look(100, 2, 3)).toEqual([]);
});
