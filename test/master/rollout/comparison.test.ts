// Two generations side by side, by the pages of their workers.
import { describe, expect, test } from "bun:test";
import type { Comparison } from "../../../src/core/figures.ts";
import { CounterPages } from "../../../src/master/reports/counter-pages.ts";
import { Comparisons } from "../../../src/master/rollout/comparison.ts";
import type { PageFiles } from "../../../src/master/surroundings.ts";
import { durationIndex, PAGE_LENGTH, requestIndex } from "../../../src/metrics/page.ts";

const OLD = 4;
const FRESH = 5;

/** Pages in memory. A worker without room gets none. */
class Pages implements PageFiles {
  readonly pages: Float64Array[] = [];
  isFull = false;

  create(): { readonly descriptor: number } {
    if (this.isFull) throw new Error("ENOMEM");
    return { descriptor: this.pages.push(new Float64Array(PAGE_LENGTH)) - 1 };
  }

  read(descriptor: number, into: Float64Array<ArrayBuffer>): void {
    const page = this.pages[descriptor];
    if (page === undefined) throw new Error("EBADF");
    into.set(page);
  }

  close(descriptor: number): void {
    delete this.pages[descriptor];
  }

  remove(): void {}
}

class Server {
  readonly #files = new Pages();
  readonly pages = new CounterPages(this.#files);
  readonly comparisons = new Comparisons(this.pages, () => this.nowMs);
  readonly #descriptors = new Map<number, number | undefined>();
  nowMs = 1000;

  /** A worker that has not said yet that it is ready. */
  spawn(worker: number, generation: number, hasPage = true): this {
    this.#files.isFull = !hasPage;
    this.#descriptors.set(worker, this.pages.add(worker, generation));
    return this;
  }

  ready(...workers: readonly number[]): this {
    for (const worker of workers) this.pages.noteReady(worker);
    return this;
  }

  /** So many requests, of which so many fail, that take so long each. */
  serve(worker: number, requests: number, errors = 0, ms = 10): this {
    const descriptor = this.#descriptors.get(worker);
    const page = descriptor === undefined ? undefined : this.#files.pages[descriptor];
    const add = (index: number, count: number): void => {
      if (page !== undefined) page[index] = (page[index] ?? 0) + count;
    };
    add(requestIndex("GET", 200), requests - errors);
    add(requestIndex("GET", 500), errors);
    add(durationIndex(ms / 1000), requests);
    return this;
  }

  exit(worker: number): this {
    this.pages.retire(worker);
    return this;
  }

  begin(oldSince: "now" | "its-start" = "now"): this {
    const what = { generation: FRESH, old: OLD, oldSince };
    this.comparisons.begin({ type: "begin-comparison", ...what });
    return this;
  }

  pass(ms: number): this {
    this.nowMs += ms;
    return this;
  }

  measure(): Comparison | undefined {
    return this.comparisons.measure(FRESH);
  }
}

/** Workers 0 and 1 of the old generation and 2 and 3 of the new one, all ready. */
const two = (): Server =>
  new Server()
    .spawn(0, OLD)
    .spawn(1, OLD)
    .ready(0, 1)
    .serve(0, 1000, 7)
    .spawn(2, FRESH)
    .spawn(3, FRESH)
    .serve(2, 50, 0)
    .ready(2, 3);

const of = (requests: number, errors: number): object => ({ requests, errors });

describe("what is compared", () => {
  test("is what all workers of each generation have done since the beginning", () => {
    const server = two().begin();
    server.serve(0, 60).serve(1, 40, 1).serve(2, 6, 2).serve(3, 5);
    expect(server.measure()?.whole).toMatchObject({ fresh: of(11, 2), old: of(100, 1) });
  });

  test("is nothing, if nothing has been done", () => {
    const server = two().begin();
    const nothing = { requests: 0, errors: 0, unanswered: 0, pending: 0, p99Ms: undefined };
    const pair = { fresh: nothing, old: nothing };
    expect(server.measure()).toEqual({ whole: pair, recent: pair });
  });

  test("includes what workers did that have ended since", () => {
    const server = two().begin().serve(2, 6, 2).exit(2).serve(0, 10).exit(0).serve(1, 5);
    expect(server.measure()?.whole).toMatchObject({ fresh: of(6, 2), old: of(15, 0) });
  });

  test("includes a worker that has come since, but not what it was asked to warm up", () => {
    const server = two().begin().exit(3).spawn(9, FRESH).serve(9, 100, 100);
    expect(server.measure()?.whole.fresh).toMatchObject(of(0, 0));
    server.ready(9);
    expect(server.measure()?.whole.fresh).toMatchObject(of(0, 0));
    server.serve(9, 8, 1);
    expect(server.measure()?.whole.fresh).toMatchObject(of(8, 1));
  });

  test("does not include a worker that ended before it was ready", () => {
    const server = two().begin().spawn(9, FRESH).serve(9, 100, 100).exit(9);
    expect(server.measure()?.whole.fresh).toMatchObject(of(0, 0));
  });

  test("leaves out a worker that has no page", () => {
    const server = two().spawn(9, FRESH, false).ready(9).begin().serve(9, 70, 70).serve(2, 6);
    expect(server.measure()?.whole.fresh).toMatchObject(of(6, 0));
    expect(server.exit(9).measure()?.whole.fresh).toMatchObject(of(6, 0));
  });

  test("leaves out other generations", () => {
    const server = two().spawn(9, 3).ready(9).begin().serve(9, 70, 70);
    expect(server.measure()?.whole).toMatchObject({ fresh: of(0, 0), old: of(0, 0) });
  });

  test("has the latency of each", () => {
    const server = two().begin().serve(0, 100, 0, 2).serve(2, 950, 0, 3).serve(3, 50, 0, 400);
    const whole = server.measure()?.whole;
    expect(whole?.old.p99Ms).toBeWithin(1.88, 2.12);
    expect(whole?.fresh.p99Ms).toBeWithin(376, 424);
  });
});

/** A measurement a second, with so many requests before each. */
const measured = (each: readonly number[]): Comparison | undefined => {
  const server = two().begin();
  let last: Comparison | undefined;
  for (const requests of each) last = server.pass(1000).serve(2, requests, 1).measure();
  return last;
};

describe("the last seconds", () => {
  test.each<[string, readonly number[], number]>([
    ["are the whole, while that is short", [5, 6, 7], 18],
    ["are ten", [1000, 500, ...Array(9).fill(1), 1], 10],
    ["are ten of very many", [...Array(500).fill(100), ...Array(10).fill(2)], 20],
  ])("%s", (_name, each, requests) => {
    const comparison = measured(each);
    expect(comparison?.recent.fresh.requests).toBe(requests);
    expect(comparison?.whole.fresh.requests).toBe(each.reduce((sum, count) => sum + count));
  });

  test("of the old one are its last seconds too, if it is compared while it serves", () => {
    const server = two().begin().serve(0, 100).pass(1000);
    server.measure();
    server.pass(10_000).serve(0, 3);
    expect(server.measure()?.recent.old.requests).toBe(3);
  });
});

describe("an old generation that does nothing new", () => {
  test("is compared by its whole life, ended workers included", () => {
    const server = two().exit(0).serve(1, 5).begin("its-start").serve(2, 6, 2);
    const comparison = server.measure();
    expect(comparison?.whole).toMatchObject({ fresh: of(6, 2), old: of(1005, 7) });
    expect(server.pass(20_000).measure()?.recent).toMatchObject({
      fresh: of(0, 0),
      old: of(1005, 7),
    });
  });

  test("is forgotten when nothing of it is left", () => {
    const server = two().exit(0).exit(1);
    server.pages.forget(OLD);
    expect(server.begin("its-start").measure()?.whole.old).toMatchObject(of(0, 0));
  });
});

test("nothing is measured of what has not begun, or has ended", () => {
  const server = two();
  expect(server.measure()).toBeUndefined();
  server.begin();
  expect(server.measure()).toBeDefined();
  server.comparisons.end(FRESH);
  expect(server.measure()).toBeUndefined();
});

test("the counters of the metrics keep all that workers did, to warm up too", () => {
  const { pages } = two().exit(2);
  expect(pages.total[requestIndex("GET", 200)]).toBe(993 + 50);
});
