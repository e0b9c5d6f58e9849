// The master looks at how far workers have got, and tells of those that stand still.
import { expect, test } from "bun:test";
import type { Event } from "../../../src/core/events.ts";
import { LOOK_MS } from "../../../src/master/workers/progress.ts";
import { Watchdog } from "../../../src/master/workers/watchdog.ts";
import { CounterPages } from "../../../src/master/reports/counter-pages.ts";
import type { Clock } from "../../../src/master/surroundings.ts";
import { type Scenario, serving, steered } from "../../core/scenario.ts";

/** Looks as often as it is told to. */
class Looks {
  readonly told: Event[] = [];
  /** How far each worker has got; undefined: nobody knows. */
  readonly far = new Map<number, number | undefined>();
  /** Whether workers that do not get on have a processor. */
  isBusy = true;
  readonly pages: CounterPages;
  #nowMs = 0;
  #look: () => void = () => undefined;

  constructor(readonly server: Scenario) {
    const clock: Pick<Clock, "now" | "every"> = {
      now: () => this.#nowMs,
      every: (_, act) => void (this.#look = act),
    };
    const workers: number[] = [];
    this.pages = new CounterPages({
      create: () => ({ descriptor: workers.length }),
      read: () => undefined,
      progress: (descriptor) => this.far.get(workers[descriptor] ?? -1) ?? 0,
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
        ranNs: this.isBusy ? this.#nowMs : 0,
      }),
      dispatch: (event) => void this.told.push(event),
    });
  }

  /** @param moving the workers that get on meanwhile */
  look(times: number, ...moving: number[]): Event[] {
    for (let time = 0; time < times; time++) {
      this.#nowMs += LOOK_MS;
      for (const worker of moving) this.far.set(worker, (this.far.get(worker) ?? 0) + 1);
      this.#look();
    }
    return this.told.splice(0);
  }
}

test("one that stands still is told of until it gets on, and nobody else", () => {
  const looks = new Looks(serving());
  expect(looks.look(10, 0, 1)).toEqual([]);
  const stalled = { type: "worker-stalled", worker: 1, doing: "what 1 does" } as const;
  expect(looks.look(3, 0)).toEqual([
    { ...stalled, forMs: 450 },
    { ...stalled, forMs: 600 },
  ]);
  expect(looks.look(1, 0, 1)).toEqual([{ type: "worker-got-on", worker: 1 }]);
  expect(looks.look(10, 0, 1)).toEqual([]);
});

test("for how long those that serve have stood still is known, also after their end", () => {
  const looks = new Looks(serving());
  looks.look(1, 0, 1);
  looks.look(20, 0);
  looks.look(10, 0, 1);
  const progress = { watchedMs: 60 * LOOK_MS, stalledMs: 20 * LOOK_MS, longStalls: 1 };
  expect(looks.pages.tally(0).progress).toEqual(progress);
  looks.pages.retire(1);
  expect(looks.pages.tally(0).progress).toEqual(progress);
  const draining = new Looks(steered());
  draining.look(30);
  expect(draining.pages.tally(0).progress).toMatchObject({ watchedMs: 58 * LOOK_MS });
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
