// What is counted goes on over a handover: nothing twice, nothing of a page that is laid out
// otherwise.
import { expect, test } from "bun:test";
import { realClock } from "../../src/master/real/clock.ts";
import { realPages } from "../../src/master/real/pages.ts";
import { realProcess } from "../../src/master/real/process.ts";
import { Metrics } from "../../src/master/reports/metrics.ts";
import { CounterPages } from "../../src/master/reports/counter-pages.ts";
import { addEach, countedOf, NOTHING_COUNTED, readCounted } from "../../src/metrics/counted.ts";
import { PAGE, PAGE_LENGTH, requestIndex } from "../../src/metrics/page.ts";
import { initialState } from "../../src/core/state.ts";
import { SETTINGS, VERSION } from "../core/scenario.ts";

const OK = requestIndex("GET", 200);

const newMetrics = (): Metrics => new Metrics(new CounterPages(realPages), realClock, realProcess);

function pageWith(requests: number): Float64Array {
  const page = new Float64Array(PAGE_LENGTH);
  page[OK] = requests;
  page[PAGE.inFlight] = 3;
  return page;
}

/** Over the wire and back. */
const sent = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const lineOf = (metrics: Metrics, name: string): string | undefined =>
  metrics
    .text(initialState(SETTINGS, VERSION), [])
    .split("\n")
    .find((line) => line.startsWith(name));

test("counters that are not 0 are handed over, with their places, and no gauge", () => {
  const counted = countedOf(pageWith(7), { ...NOTHING_COUNTED, crashes: 2 });
  expect(counted.page).toEqual([[OK, 7]]);
  expect(readCounted(sent(counted))).toEqual(counted);
});

test("what a new master inherits is added to what it counts itself, each number once", () => {
  const old = newMetrics();
  const successor = newMetrics();
  old.pages.takeOver([[OK, 7]]);
  old.observe({ type: "worker-crashed", worker: 1 });
  successor.observe({ type: "worker-crashed", worker: 1 });
  successor.takeOver(sent(old.handOver()));
  old.pages.takeOver([[OK, 2]]);
  old.noteForced(4);
  successor.takeOver(sent(old.handOver()));
  successor.takeOver(sent(old.handOver()));
  expect(lineOf(successor, "pounce_http_requests_total")).toEndWith(" 9");
  expect(lineOf(successor, "pounce_worker_crashes_total")).toEndWith(" 2");
  expect(lineOf(successor, "pounce_forced_requests_total")).toEndWith(" 4");
  const next = newMetrics();
  next.takeOver(sent(successor.handOver()));
  expect(lineOf(next, "pounce_http_requests_total")).toEndWith(" 9");
});

test("what another build counts in other places, or what makes no sense, is left out", () => {
  const counted = countedOf(pageWith(7), NOTHING_COUNTED);
  for (const broken of [
    undefined,
    null,
    { ...counted, layout: "another" },
    { ...counted, page: [[PAGE.inFlight, 1]] },
    { ...counted, page: [[PAGE_LENGTH, 1]] },
    { ...counted, page: [[OK, -1]] },
    { ...counted, page: [[OK, "7"]] },
    { ...counted, page: { [OK]: 7 } },
  ]) {
    expect(readCounted(broken)).toBeUndefined();
  }
});

test("counts that are missing, unknown or no numbers are 0", () => {
  const server = { crashes: 1, respawns: "2", drain: { count: 3 }, coffees: 4 };
  expect(addEach(NOTHING_COUNTED, server)).toEqual({
    ...NOTHING_COUNTED,
    crashes: 1,
    drain: { count: 3, seconds: 0 },
  });
});
