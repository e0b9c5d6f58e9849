// Values of `[rollout]`: shares, ratios, the highest share of failed requests, paths to ask for,
// and a command.
import * as v from "valibot";
import { inJsonSchema } from "./json-hints.ts";
import { listOf, Text, type ValueType } from "./value-types.ts";

/** A number in a range, both ends included. */
function decimal(min: number, max: number) {
  return v.pipe(v.number(), v.minValue(min), v.maxValue(max));
}

function numberOf(text: string): number | string {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

const PERCENT = /^(\d+(?:\.\d+)?) ?%?$/;

/** `10 % is 0.1`, for a value that was meant as a percentage. */
function percentIs(value: unknown): string | undefined {
  const written = Number(PERCENT.exec(String(value))?.[1]);
  // From 1 on it is no share; of 1 itself nobody knows what was meant.
  const isMeant = written > 0 && written <= 100 && (typeof value === "string" || written > 1);
  return isMeant ? `${written} % is ${Number((written / 100).toPrecision(12))}` : undefined;
}

/** A part of a whole, never all of it: `0.1` is a tenth. Whoever writes a percentage gets told. */
export function share() {
  const schema = v.pipe(v.number(), v.minValue(0), v.ltValue(1));
  return {
    schema,
    expected: "a number from 0 to less than 1 (0.1 is a tenth)",
    remedyFor: (value) => (value === 1 ? "nobody would be left to compare with" : percentIs(value)),
    placeholder: "SHARE",
    fromText: numberOf,
  } satisfies ValueType<typeof schema>;
}

/** How many times as much; 0 switches it off. Below 1 it would forbid what is no worse. */
export function ratio() {
  const schema = v.union([v.literal(0), decimal(1, 1000)]);
  return {
    schema,
    expected: "0, or a number from 1 to 1000 (1.5: half as much again)",
    placeholder: "RATIO",
    fromText: numberOf,
  } satisfies ValueType<typeof schema>;
}

const TIMES_PATTERN = /^\d+(\.\d+)?x$/;
const MOST_TIMES = 1000;

/** Of all requests, or a multiple of the share that the old generation has, as in `"2x"`. */
export function errorRate() {
  const times = v.pipe(
    v.string(),
    v.regex(TIMES_PATTERN),
    v.transform((text) => Number.parseFloat(text)),
    decimal(1, MOST_TIMES),
    v.transform((timesOld) => ({ timesOld })),
  );
  const schema = v.union([
    decimal(0, 1),
    v.pipe(times, inJsonSchema({ pattern: TIMES_PATTERN.source })),
  ]);
  return {
    schema,
    expected: 'a number from 0 to 1 (0.05: one in twenty), or a text such as "2x"',
    remedyFor: percentIs,
    placeholder: "RATE",
    fromText: numberOf,
  } satisfies ValueType<typeof schema>;
}

/** Printable ASCII, as it is in a request: path and query. */
const REQUEST_PATH = /^\/[!-"$-~]*$/;

/** What to ask for. */
export function requestPathList() {
  const one = v.pipe(v.string(), v.regex(REQUEST_PATH));
  const expected = 'a path such as "/products?page=1", or a list of paths';
  return listOf(one, { expected, placeholder: "PATH" });
}

/** A program and its arguments. */
export function commandLine() {
  const expected = 'a command, or a list of it and its arguments, as in ["./smoke.sh", "fast"]';
  const list = v.pipe(v.array(Text), v.nonEmpty());
  return listOf(Text, { expected, placeholder: "COMMAND" }, list);
}
