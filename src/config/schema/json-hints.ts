// What the JSON Schema says where pounce's checks are code: pounce can compute whether a host or an
// APP is valid, an editor needs a pattern. Patterns may accept what pounce then refuses, never the
// other way round.
import * as v from "valibot";

/** Keywords of JSON Schema that say what a schema's own checks cannot. */
interface JsonHints {
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly uniqueItems?: boolean;
}

/** Gives hints to the JSON Schema; valibot itself ignores them. */
export function inJsonSchema<T>(hints: JsonHints) {
  return v.metadata<T, JsonHints & Record<string, unknown>>({ ...hints });
}

const LABEL = "[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?";
const HOST_NAME = `(?!(?:.*\\.)?[0-9]+$)(?=.{1,253}$)${LABEL}(?:\\.${LABEL})*`;
const BYTE = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
const IP_V4 = `${BYTE}(?:\\.${BYTE}){3}`;
const IP_V6 = "[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*(?:%.+)?";

// Any letter beyond ASCII will do: not every validator knows `\p{…}` (Python's does not).
const EXPORT = "(?:[A-Za-z$_]|[^\\u0000-\\u007f])(?:[0-9A-Za-z$_]|[^\\u0000-\\u007f])*(?:\\(\\))?";
const REST_OF_PATH = "[^:\\u0000]*(?:/[^:\\u0000]*|\\.[cm]?[jt]sx?)";

/** The patterns, by what they describe; regular expressions with the "u" flag. */
export const JSON_PATTERN = {
  /** A module, or one with an export after its last colon; see `parseAppReference`. */
  app: `^(?:[^:\\u0000]+|[^\\u0000]+:${EXPORT}|[^\\u0000]*:${REST_OF_PATH})$`,
  host: `^(?:${IP_V4}|${IP_V6}|${HOST_NAME})$`,
  /** No "?", "#", "*", ":", nothing that URLs encode, and no segments "." and "..". */
  urlPath: "^(?!/.*/\\.\\.?(?:/|$))/(?!/|\\.\\.?(?:/|$))[!$-)+-9;=@A-Z\\[\\]_a-z|~]*$",
} as const;
