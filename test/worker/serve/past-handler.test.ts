// What is told of requests that get their answer past their handler.
import { expect, spyOn, test } from "bun:test";
import { PAGE_LENGTH } from "../../../src/metrics/page.ts";
import { AllInFlight } from "../../../src/worker/requests/in-flight.ts";
import { Meter } from "../../../src/worker/requests/meter.ts";
import { Outcomes } from "../../../src/worker/requests/outcome.ts";
import { PastHandler } from "../../../src/worker/serve/past-handler.ts";

const NO_SERVER = { requestIP: () => null, pendingRequests: 0 };

test("of bodies that are too large each is counted, and one is told of in ten seconds", () => {
  using clock = spyOn(performance, "now");
  const told: string[] = [];
  const counts = new Float64Array(PAGE_LENGTH);
  const past = new PastHandler({
    meter: new Meter(counts),
    outcomes: new Outcomes(),
    inFlight: new AllInFlight(NO_SERVER, () => undefined),
    requestLayer: undefined,
    onTimeout: () => undefined,
    onTooLarge: ({ url }) => void told.push(new URL(url).pathname),
  });
  for (const [seconds, path] of [
    [0, "/a"],
    [9, "/b"],
    [10, "/c"],
    [11, "/d"],
  ] as const) {
    clock.mockReturnValue(seconds * 1000);
    past.refuseBody(new Request(`http://a${path}`));
  }
  expect(told).toEqual(["/a", "/c"]);
  expect(counts.filter((count) => count === 4)).toHaveLength(1);
});
