// The type of keys that name a user or a group of this system. Whether there is one is found out
// when it is looked up.
import * as v from "valibot";
import { inJsonSchema } from "./json-hints.ts";
import type { ValueType } from "./value-types.ts";

/** (uid_t)-1 means "leave it as it is" to the kernel. */
const GREATEST_ID = 2 ** 32 - 2;
/** What would be another field, or another line, of /etc/passwd. */
const NAME = "^[^\\s:,/\\u0000-\\u001f-][^:\\n\\u0000/]*$";

/** A name or a number; it becomes a text. */
export function account(kind: "user" | "group") {
  const name = v.pipe(
    v.string(),
    v.check((text) => new RegExp(NAME, "u").test(text)),
    inJsonSchema({ pattern: NAME }),
  );
  const id = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(GREATEST_ID));
  const schema = v.pipe(v.union([name, id]), v.transform(String));
  return {
    schema,
    expected: `the name of a ${kind}, or its number`,
    placeholder: kind.toUpperCase(),
    fromText: (text) => (/^\d{1,10}$/.test(text) ? Number(text) : text),
  } satisfies ValueType<typeof schema>;
}
