// Sizes as people write them in a configuration, turned into bytes.
import * as v from "valibot";
import { formatSize } from "../../core/size.ts";
import { inJsonSchema } from "./json-hints.ts";
import type { ValueType } from "./value-types.ts";

const UNITS = {
  B: 1,
  kB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
  TB: 1000 ** 4,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
} as const;

/** What a size looks like as a string: digits, perhaps a fraction, perhaps a unit. */
const SIZE_PATTERN = /^(\d+(?:\.\d+)?)(B|[kMGT]B|[KMGT]iB)?$/;

/** Whole bytes. A number, or a string without a unit, counts bytes. */
function parseSize(written: number | string): number | undefined {
  if (typeof written === "number") return written;
  const match = SIZE_PATTERN.exec(written);
  if (match === null) return undefined;
  const unit = (match[2] ?? "B") as keyof typeof UNITS;
  return Math.round(Number(match[1]) * UNITS[unit]);
}

/**
 * A size, in bytes or as a string with a unit; it becomes bytes.
 * @param range in bytes
 */
export function size(range: { readonly min: number; readonly max: number }) {
  const { min, max } = range;
  const schema = v.pipe(
    v.union([
      v.pipe(v.number(), v.integer(), inJsonSchema({ minimum: min, maximum: max })),
      v.pipe(v.string(), v.regex(SIZE_PATTERN)),
    ]),
    v.transform(parseSize),
    v.number(),
    v.minValue(min),
    v.maxValue(max),
  );
  const [from, to] = [min, max].map(formatSize);
  return {
    schema,
    expected: `a size from ${from} to ${to} (bytes, or a string such as "64KiB" or "16MiB")`,
    placeholder: "SIZE",
    fromText: String,
  } satisfies ValueType<typeof schema>;
}

const NONE = /^0(?:B|[kMGT]B|[KMGT]iB)?$/;

/** The same, or 0, which switches something off. */
export function sizeOrNone(range: { readonly min: number; readonly max: number }) {
  const some = size(range);
  const none = v.pipe(
    v.union([v.literal(0), v.pipe(v.string(), v.regex(NONE))]),
    v.transform(() => 0),
  );
  const schema = v.union([none, some.schema]);
  return { ...some, schema, expected: `0, or ${some.expected}` } satisfies ValueType<typeof schema>;
}
