// What a master has counted, passed to the master that takes over from it, so that no counter goes
// back.
import type { ServerCounts } from "./server-metrics.ts";
import { DURATION_MARKS } from "./durations.ts";
import { METHODS, PAGE, PAGE_LENGTH, REJECTIONS } from "./page.ts";

/** Numbers counted by another build, if its pages are laid out in the same way. */
export interface Counted {
  readonly layout: string;
  /** Each counter of a page that is not 0: its index and its value. */
  readonly page: readonly (readonly [index: number, value: number])[];
  readonly server: ServerCounts;
}

/** The layout of a page, in short. */
const LAYOUT = [PAGE.counters, PAGE_LENGTH, ...METHODS, ...DURATION_MARKS, ...REJECTIONS].join(" ");

export const NOTHING_COUNTED: ServerCounts = {
  crashes: 0,
  respawns: 0,
  hangs: 0,
  recycles: { requests: 0, rss: 0, lifetime: 0 },
  uncaught: 0,
  reloads: { completed: 0, rejected: 0, "rolled-back": 0 },
  verdicts: { good: 0, bad: 0, "too-few": 0 },
  reload: { count: 0, seconds: 0 },
  drain: { count: 0, seconds: 0 },
  forcedRequests: 0,
};

/** @param page its counters, in their places */
export function countedOf(page: Float64Array, server: ServerCounts): Counted {
  const entries: [index: number, value: number][] = [];
  for (let index = PAGE.counters; index < page.length; index++) {
    const value = page[index] ?? 0;
    if (value > 0) entries.push([index, value]);
  }
  return { layout: LAYOUT, page: entries, server };
}

/**
 * What another master has sent, as far as this build knows it; `undefined` if it knows none of it.
 */
export function readCounted(value: unknown): Counted | undefined {
  const given = value as Partial<Counted> | undefined | null;
  if (given?.layout !== LAYOUT || !Array.isArray(given.page)) return undefined;
  const isPage = given.page.every(
    (entry: unknown) => Array.isArray(entry) && isPlace(entry[0]) && isNumber(entry[1]),
  );
  return isPage
    ? { layout: LAYOUT, page: given.page, server: addEach(NOTHING_COUNTED, given.server) }
    : undefined;
}

function isPlace(index: unknown): boolean {
  return Number.isInteger(index) && Number(index) >= PAGE.counters && Number(index) < PAGE_LENGTH;
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

/** The numbers of `a`, at any depth, each added to the one at the same place in `b`, if any. */
export function addEach<Numbers extends object>(a: Numbers, b: unknown): Numbers {
  const others: object = typeof b === "object" && b !== null ? b : {};
  const entries = Object.entries(a).map(([name, value]: [string, unknown]) => {
    const other: unknown = Reflect.get(others, name);
    if (typeof value === "object" && value !== null) return [name, addEach(value, other)];
    return [name, Number(value) + (isNumber(other) ? other : 0)];
  });
  return Object.fromEntries(entries) as Numbers;
}
