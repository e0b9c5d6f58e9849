// What is counted and measured of requests.
import { describe, expect, spyOn, test } from "bun:test";
import { PAGE, PAGE_LENGTH, requestIndex, requestsAt } from "../../../src/metrics/page.ts";
import { machineMs } from "../../../src/os/clock.ts";
import { Meter } from "../../../src/worker/requests/meter.ts";

const get = new Request("http://host/");

test("a request that has ended counts once, with its method and its status", () => {
  const meter = new Meter(new Float64Array(PAGE_LENGTH));
  meter.ended(get, 404);
  expect(meter.page[requestIndex("GET", 404)]).toBe(1);
  expect(meter.page.reduce((sum, value) => sum + value)).toBe(1);
});

test("each method and status has a place of its own, and any other method one together", () => {
  const places = new Set<number>();
  for (const method of ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"]) {
    for (const status of [100, 200, 599]) {
      const index = requestIndex(method, status);
      expect(requestsAt(index)).toEqual({ method, status });
      places.add(index);
    }
  }
  expect(places.size).toBe(24);
  expect(Math.max(...places)).toBe(PAGE_LENGTH - 1);
  expect(requestIndex("PROPFIND", 200)).toBe(requestIndex("other", 200));
  expect(requestIndex("GET", 999)).toBe(requestIndex("GET", 599));
});

/** A meter after a second in which so many requests have ended. */
function loaded(requests: number): Meter {
  const meter = new Meter(new Float64Array(PAGE_LENGTH));
  const pulse = { inFlight: 0, connections: 0, lagMs: 0, waitsMs: [] };
  meter.tick(pulse);
  for (let index = 0; index < requests; index++) meter.ended(get, 200);
  meter.page[PAGE.tickedMs] = machineMs() - 1000;
  meter.tick(pulse);
  return meter;
}

/** How many of so many requests are measured. */
function measure(meter: Meter, requests: number): number {
  let measured = 0;
  for (let index = 0; index < requests; index++) {
    if (meter.unmeasured > 0) {
      meter.unmeasured--;
      continue;
    }
    measured++;
    meter.measured(get, new Response("12345"), performance.now(), meter.take());
  }
  return measured;
}

function measuredIn({ page }: Meter): number {
  return page.subarray(PAGE.durations, PAGE.requests).reduce((sum, value) => sum + value);
}

describe("durations and sizes", () => {
  test("are measured of each request while they are few", () => {
    const meter = loaded(900);
    expect(measure(meter, 160)).toBe(160);
    expect(measuredIn(meter)).toBe(160);
    expect(meter.page[PAGE.responseBytes]).toBe(800);
  });

  test("are measured of about 250 requests a second under load, and stand for all", () => {
    const meter = loaded(20_000);
    const measured = measure(meter, 20_000);
    expect(measured).toBeWithin(240, 261);
    expect(measuredIn(meter) / 20_000).toBeCloseTo(1, 1);
    expect(meter.page[PAGE.responseBytes]).toBe(measuredIn(meter) * 5);
  });

  test("are measured of a few thousand before the rate is known, and stand for all", () => {
    const meter = new Meter(new Float64Array(PAGE_LENGTH));
    expect(measure(meter, 100_000)).toBeWithin(1000, 3500);
    expect(measuredIn(meter) / 100_000).toBeCloseTo(1, 1);
  });

  test("are measured as ever when somebody sets the time of day", () => {
    const now = spyOn(Date, "now").mockReturnValue(0);
    try {
      expect(measure(loaded(20_000), 8000)).toBeLessThan(200);
    } finally {
      now.mockRestore();
    }
  });

  test("are measured of each request again when the load has gone", () => {
    const meter = loaded(20_000);
    measure(meter, 1);
    meter.page[PAGE.tickedMs] = machineMs() - 1000;
    meter.tick({ inFlight: 0, connections: 0, lagMs: 0, waitsMs: [] });
    expect(measure(meter, 160)).toBe(160);
  });
});

const IDLE = { inFlight: 0, connections: 0, lagMs: 0, waitsMs: [] };

function turning(): Meter {
  const meter = new Meter(new Float64Array(PAGE_LENGTH));
  meter.countTurns();
  return meter;
}

function eachMs({ page }: Meter): number {
  return page[PAGE.turnEachMs] ?? 0;
}

describe("a turn of the event loop", () => {
  test("is due each 100 ms, and less often after a second without clients", () => {
    const meter = turning();
    expect(eachMs(meter)).toBe(100);
    meter.tick(IDLE);
    expect(eachMs(meter)).toBe(550);
    meter.tick({ ...IDLE, connections: 1 });
    expect(eachMs(meter)).toBe(100);
  });

  test("is counted at once when a request comes, so that one that blocks is told from a rest", () => {
    const meter = turning();
    meter.tick(IDLE);
    const turns = meter.page[PAGE.turns] ?? 0;
    meter.page[PAGE.turnedMs] = 0;
    expect(meter.unmeasured).toBe(0);
    meter.take();
    expect(eachMs(meter)).toBe(100);
    expect(meter.page[PAGE.turns]).toBe(turns + 1);
    expect(machineMs() - (meter.page[PAGE.turnedMs] ?? 0)).toBeLessThan(1000);
    meter.tick(IDLE);
    expect(eachMs(meter)).toBe(100);
    meter.tick(IDLE);
    expect(eachMs(meter)).toBe(550);
  });

  test("goes on by itself", async () => {
    const meter = turning();
    const before = meter.page[PAGE.turns] ?? 0;
    const untilMs = performance.now() + 5000;
    while (meter.page[PAGE.turns] === before && performance.now() < untilMs) await Bun.sleep(10);
    expect(meter.page[PAGE.turns]).toBeGreaterThan(before);
  });
});
