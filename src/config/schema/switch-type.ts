// The type of a key that is on or off. Its flag alone means on: `--request-id`, and
// `--request-id=false` is off.
import * as v from "valibot";
import type { ValueType } from "./value-types.ts";

const WORDS: Readonly<Record<string, boolean>> = {
  true: true,
  false: false,
  "1": true,
  "0": false,
};

/** On or off. A variable says so as `true`, `false`, `1` or `0`. */
export function onOff() {
  const schema = v.boolean();
  return {
    schema,
    expected: "true or false",
    placeholder: undefined,
    fromText: (text) => WORDS[text.toLowerCase()] ?? text,
  } satisfies ValueType<typeof schema>;
}
