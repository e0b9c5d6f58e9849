// The types of keys about Unix sockets.
import * as v from "valibot";
import { UNIX_PREFIX } from "../../core/address-name.ts";
import { inJsonSchema } from "./json-hints.ts";
import { Text, type ValueType } from "./value-types.ts";

/** A path of the file system, or `@` and an abstract name. How long it may be is seen later. */
export function socketPath() {
  const schema = v.pipe(
    Text,
    // As nginx and HAProxy write it, it would be a folder of that name.
    v.check((text) => text !== "@" && !text.startsWith(UNIX_PREFIX)),
  );
  return {
    schema,
    expected: `a path without "${UNIX_PREFIX}", or "@" and an abstract name`,
    placeholder: "PATH",
    fromText: String,
  } satisfies ValueType<typeof schema>;
}

const OCTAL = /^0?[0-7]{3}$/;

/** Permissions of a file, written as `chmod` takes them; they become a number. */
export function permissions() {
  const schema = v.pipe(
    v.string(),
    v.regex(OCTAL),
    inJsonSchema({ pattern: OCTAL.source }),
    v.transform((text) => Number.parseInt(text, 8)),
  );
  return {
    schema,
    expected: 'permissions as an octal string such as "660"',
    placeholder: "MODE",
    fromText: String,
  } satisfies ValueType<typeof schema>;
}
