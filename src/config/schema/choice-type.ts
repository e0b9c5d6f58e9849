// The type of a value that is one of a few words.
import * as v from "valibot";
import type { ValueType } from "./value-types.ts";

/** One of these words: `expected "text" or "json"`. */
export function oneOf<const W extends readonly [string, ...string[]]>(words: W) {
  const schema = v.picklist(words);
  const quoted = words.map((word) => `"${word}"`);
  const expected = `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`;
  return {
    schema,
    expected,
    placeholder: "WORD",
    fromText: String,
  } satisfies ValueType<typeof schema>;
}
