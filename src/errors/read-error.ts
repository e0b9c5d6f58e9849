// Reads what an app has thrown, which may be anything. If reading it throws, that stays in here,
// and whatever is read is bounded.
import { isNativeError } from "node:util/types";
import { stackShown } from "./source.ts";

/** The most that is read of one text. */
const LONGEST = 4000;
const LONGEST_VALUE = 300;
/** The most own properties that are shown. */
const MOST_PROPERTIES = 10;
/** The most errors of an `AggregateError` that are shown. */
const MOST_ERRORS = 10;

/** Properties that are shown elsewhere, or that engines add to every error. */
const NOT_SHOWN = new Set([
  "name",
  "message",
  "stack",
  "cause",
  "errors",
  "line",
  "column",
  "sourceURL",
  "originalLine",
  "originalColumn",
  "position",
  "level",
  "specifier",
  "referrer",
  "importKind",
]);

const BUILD_ERRORS = new Set(["BuildMessage", "ResolveMessage"]);

/** An error of the compiler has its place in a field. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly lineText: string;
}

export interface ErrorParts {
  readonly name: string;
  readonly message: string;
  /** As systems and Bun name errors: `ENOENT`. */
  readonly code: string;
  /** Comes from the compiler or the resolver, whose class says nothing. */
  readonly isOfBuild: boolean;
  readonly stack: string;
  readonly position: Position | undefined;
  readonly properties: readonly (readonly [name: string, value: string])[];
  readonly cause: unknown;
  readonly hasCause: boolean;
  readonly errors: readonly unknown[];
  /** How many errors there are beyond those. */
  readonly moreErrors: number;
}

/** Reads something; `undefined` if that throws. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function textAt(value: object, key: string): string {
  const found = attempt(() => Reflect.get(value, key) as unknown);
  return typeof found === "string" ? found : "";
}

/** What follows the message in a stack: the message itself may have lines that look like frames. */
function behind(stack: string, message: string): string {
  const at = stack.indexOf(message);
  return at < 0 ? stack : stack.slice(at + message.length);
}

export function shortened(text: string, longest: number): string {
  if (text.length <= longest) return text;
  return `${text.slice(0, longest)}… (${text.length - longest} more characters)`;
}

/** The parts of an error; `undefined` if the value is not an error. */
export function readError(value: unknown): ErrorParts | undefined {
  if (typeof value !== "object" || value === null || attempt(() => isError(value)) !== true) {
    return undefined;
  }
  const message = textAt(value, "message");
  const errors = attempt(() => [...(Reflect.get(value, "errors") as Iterable<unknown>)]) ?? [];
  return {
    name: shortened(nameOf(value), LONGEST_VALUE),
    message: shortened(message, LONGEST),
    code: textAt(value, "code"),
    isOfBuild: BUILD_ERRORS.has(textAt(value, "name")),
    // Some libraries remove the stack from their errors: Bun still knows where they were made.
    stack: behind(textAt(value, "stack") || stackShown(value), message),
    position: attempt(() => positionOf(value)),
    properties: propertiesOf(value),
    cause: attempt(() => Reflect.get(value, "cause") as unknown),
    hasCause: attempt(() => Reflect.get(value, "cause") !== undefined) === true,
    errors: errors.slice(0, MOST_ERRORS),
    moreErrors: Math.max(0, errors.length - MOST_ERRORS),
  };
}

/**
 * Whether a value is shown as an error. Those of `node:vm` have another `Error` class; those of
 * Bun's compiler and resolver are not errors by their class.
 */
function isError(value: object): boolean {
  if (value instanceof Error || value instanceof DOMException) return true;
  if (isNativeError(value)) return true;
  return BUILD_ERRORS.has(textAt(value, "name"));
}

function nameOf(value: object): string {
  const name = textAt(value, "name");
  // The class says more than the inherited name.
  const className = attempt(() => value.constructor.name) ?? "";
  const isPlain = name === "Error" || name === "";
  return isPlain && /^\w*Error\w*$/.test(className) ? className : name || "Error";
}

function positionOf(value: object): Position | undefined {
  const found = Reflect.get(value, "position") as Record<string, unknown> | null | undefined;
  if (typeof found !== "object" || found === null) return undefined;
  const { file, line, column, lineText } = found;
  if (typeof file !== "string" || typeof line !== "number" || typeof column !== "number") {
    return undefined;
  }
  return { file, line, column, lineText: typeof lineText === "string" ? lineText : "" };
}

function propertiesOf(value: object): (readonly [string, string])[] {
  const names = attempt(() => Object.keys(value)) ?? [];
  const told = names.filter((name) => !NOT_SHOWN.has(name)).slice(0, MOST_PROPERTIES);
  return told.map((name) => {
    const shown = attempt(() => inspected(Reflect.get(value, name), 1)) ?? "(cannot be read)";
    return [shortened(name, LONGEST_VALUE), shortened(shown, LONGEST_VALUE)] as const;
  });
}

/** A thrown value that is not an error, in words. */
export function describeValue(value: unknown): string {
  const shown = attempt(() => inspected(value, 2)) ?? "a value that cannot be read";
  return `${shortened(shown, LONGEST)} (thrown, but not an Error)`;
}

function inspected(value: unknown, depth: number): string {
  // A text of a megabyte is cut before it is quoted.
  const cut = typeof value === "string" ? value.slice(0, 2 * LONGEST) : value;
  return Bun.inspect(cut, { colors: false, depth });
}
