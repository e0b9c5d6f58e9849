// The types that values of the configuration have: for each, how it is written in a file (a valibot
// schema), how in a flag or variable (a text), and how an error describes it.
import * as v from "valibot";
import { ipFamily } from "../../net/ip.ts";
import { parseAppReference } from "../app-reference.ts";
import { formatDuration } from "../../core/duration.ts";
import { DURATION_PATTERN, parseDuration } from "./duration.ts";
import { inJsonSchema, JSON_PATTERN } from "./json-hints.ts";

export interface ValueType<S extends v.GenericSchema> {
  /** Takes the value as a file has it; gives the value as pounce uses it. */
  readonly schema: S;
  /** Completes "expected …" in an error. */
  readonly expected: string;
  /** What to write instead of a value that is wrong; undefined, or left out: `expected` says it. */
  readonly remedyFor?: (value: unknown) => string | undefined;
  /**
   * Stands for the value in the help, in capitals; undefined: the flag takes none, and means true.
   */
  readonly placeholder: string | undefined;
  /** What a flag or variable with this text would be in a file; the schema judges it then. */
  readonly fromText: (text: string) => unknown;
  /** True when the flag may be given several times, each adding to a list. */
  readonly isList?: boolean;
  /**
   * True when the value is a table whose names are the user's own. `expected` is then about each
   * entry, and neither a flag nor a variable can give it.
   */
  readonly isTable?: boolean;
}

/** A whole number in a range, both ends included. */
export function wholeNumber(min: number, max: number) {
  const schema = v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));
  return {
    schema,
    expected: `a whole number from ${min} to ${max}`,
    placeholder: "N",
    fromText: (text) => (/^-?\d+$/.test(text) ? Number(text) : text),
  } satisfies ValueType<typeof schema>;
}

/** Another type, or a word for a value that pounce works out itself. */
export function orWord<S extends v.GenericSchema, const W extends string>(
  type: ValueType<S>,
  word: W,
) {
  const schema = v.union([type.schema, v.literal(word)]);
  const expected = `${type.expected} or "${word}"`;
  return { ...type, schema, expected } satisfies ValueType<typeof schema>;
}

/** A duration, in seconds or as a string with a unit; it becomes milliseconds. */
export function duration(range: { minMs: number; maxMs: number }) {
  const { minMs, maxMs } = range;
  const schema = v.pipe(
    v.union([
      v.pipe(v.number(), inJsonSchema({ minimum: minMs / 1000, maximum: maxMs / 1000 })),
      v.pipe(v.string(), v.regex(DURATION_PATTERN)),
    ]),
    v.transform(parseDuration),
    v.number(),
    v.minValue(minMs),
    v.maxValue(maxMs),
  );
  const [from, to] = [formatDuration(minMs), formatDuration(maxMs)];
  return {
    schema,
    expected:
      `a duration from ${from} to ${to} ` +
      '(seconds, or a string with ms, s, m or h, such as "90s")',
    placeholder: "TIME",
    fromText: String,
  } satisfies ValueType<typeof schema>;
}

const NONE = /^0(?:ms|s|m|h)?$/;

/** The same, or 0, which switches something off. */
export function timeOrNone(range: { minMs: number; maxMs: number }) {
  const time = duration(range);
  const none = v.pipe(
    v.union([v.literal(0), v.pipe(v.string(), v.regex(NONE))]),
    v.transform(() => 0),
  );
  const schema = v.union([none, time.schema]);
  return { ...time, schema, expected: `0, or ${time.expected}` } satisfies ValueType<typeof schema>;
}

/** A text that is not empty. For the kernel a NUL ends a path, so it cannot be part of one. */
export const Text = v.pipe(v.string(), v.nonEmpty(), v.excludes("\0"));

/** A path of the file system. It need not exist yet. */
export function filePath() {
  return {
    schema: Text,
    expected: "a path",
    placeholder: "PATH",
    fromText: String,
  } satisfies ValueType<typeof Text>;
}

/** APP: a module and perhaps an export of it. */
export function appReference() {
  const schema = v.pipe(
    Text,
    v.rawCheck(({ dataset, addIssue }) => {
      const parsed = parseAppReference(String(dataset.value));
      if (!parsed.ok) addIssue({ message: parsed.error });
    }),
    inJsonSchema({ pattern: JSON_PATTERN.app }),
  );
  return {
    schema,
    expected: 'a module such as "./app.ts", "myapp:app" or "./app.ts:createApp()"',
    placeholder: "APP",
    fromText: String,
  } satisfies ValueType<typeof schema>;
}

/** Arguments of a program; unlike other texts, one may be empty. */
export function argumentList() {
  const one = v.pipe(v.string(), v.excludes("\0"));
  return listOf(one, { expected: "a text, or a list of texts", placeholder: "ARG" });
}

/**
 * One text or a list of texts; it becomes a list. In a flag there are commas between them.
 *
 * @param list for several of them, when there is something to check about all
 */
export function listOf(
  one: v.GenericSchema<string, string>,
  { expected, placeholder }: { readonly expected: string; readonly placeholder: string },
  list: v.GenericSchema<string[], string[]> = v.array(one),
) {
  const schema = v.pipe(
    v.union([one, list]),
    v.transform((texts): readonly string[] => (typeof texts === "string" ? [texts] : texts)),
  );
  return {
    schema,
    expected,
    placeholder,
    fromText: (text) => text.split(",").map((part) => part.trim()),
    isList: true,
  } satisfies ValueType<typeof schema>;
}

/** One or more addresses to listen on. */
export function hostList() {
  const one = v.pipe(v.string(), v.check(isHost), inJsonSchema({ pattern: JSON_PATTERN.host }));
  const list = v.pipe(
    v.array(one),
    v.nonEmpty(),
    v.rawCheck(({ dataset, addIssue }) => {
      const twice = firstRepeated(dataset.typed ? dataset.value : []);
      if (twice !== undefined) addIssue({ message: `"${twice}" is listed twice` });
    }),
    inJsonSchema({ uniqueItems: true }),
  );
  const expected = 'an IP address, "localhost" or a host name, or a list of different ones';
  return listOf(one, { expected, placeholder: "HOST" }, list);
}

/** A host name by RFC 1123, and also "_", which container names have. */
const HOST_NAME =
  /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/i;

function isHost(text: string): boolean {
  // A last label of digits alone is a mistyped address ("256.1.1.1"), never a name.
  const withoutZone = text.replace(/(:.*)%[\w.-]+$/, "$1");
  return ipFamily(withoutZone) !== 0 || (HOST_NAME.test(text) && !/(^|\.)\d+$/.test(text));
}

function firstRepeated(hosts: readonly string[]): string | undefined {
  const folded = hosts.map((host) => host.toLowerCase());
  return hosts.find((_, index) => folded.indexOf(folded[index] ?? "") !== index);
}

/** The path of a URL that one route can match literally. */
export function urlPath() {
  const schema = v.pipe(
    v.string(),
    v.startsWith("/"),
    v.check(isLiteralPath),
    inJsonSchema({ pattern: JSON_PATTERN.urlPath }),
  );
  return {
    schema,
    expected: 'a path such as "/health", without "?", "#", "*", ":" or spaces',
    placeholder: "PATH",
    fromText: String,
  } satisfies ValueType<typeof schema>;
}

function isLiteralPath(path: string): boolean {
  // "*" and ":" have a meaning in routes. A path that a request's URL would not hold in just this
  // form ("/a/../b", "/é") could never match.
  return !/[?#*:\s]/.test(path) && URL.parse(path, "http://host")?.pathname === path;
}
