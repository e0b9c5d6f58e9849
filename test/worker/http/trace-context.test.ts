// `traceparent` (W3C Trace Context): what counts, and that nothing else does.
import { expect, test } from "bun:test";
import { traceIn } from "../../../src/worker/http/trace-context.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";

test.each([
  `00-${TRACE}-${SPAN}-01`,
  `00-${TRACE}-${SPAN}-00`,
  `01-${TRACE}-${SPAN}-ff`,
  `cc-${TRACE}-${SPAN}-01-what-comes-later`,
])("%s is a trace", (header) => {
  expect(traceIn(header)).toEqual({ traceId: TRACE, spanId: SPAN });
});

test.each([
  null,
  undefined,
  "",
  TRACE,
  `ff-${TRACE}-${SPAN}-01`,
  `00-${TRACE}-${SPAN}`,
  `00-${TRACE}-${SPAN}-01-more`,
  `00-${TRACE}-${SPAN}-01.`,
  `00-${TRACE.toUpperCase()}-${SPAN}-01`,
  `00-${"0".repeat(32)}-${SPAN}-01`,
  `00-${TRACE}-${"0".repeat(16)}-01`,
  `00-${TRACE.slice(1)}-${SPAN}-01`,
  `00-${TRACE}-${SPAN}-01\n`,
  `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`,
  `01-${TRACE}-${SPAN}-01-"},{"\n`,
  ` 00-${TRACE}-${SPAN}-01`,
])("%p is none", (header) => {
  expect(traceIn(header)).toBeUndefined();
});
