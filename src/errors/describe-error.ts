// An error of an app as the log shows it: its message, the app's own code with a caret, own
// properties, the frames of the app and its packages, then its cause and the errors that it
// contains, each in the same way.
import { embeddedApp } from "../embedded-app.ts";
import { codeFrame, type SourceLine } from "./code-frame.ts";
import {
  describeValue,
  type ErrorParts,
  type Position,
  readError,
  shortened,
} from "./read-error.ts";
import { importPosition, remedyOf } from "./remedies.ts";
import { excerptOf, linesOfFile } from "./source.ts";
import { type Frame, framesOf, type Place } from "./stack.ts";

/** The most frames shown for one error. */
const MOST_FRAMES = 10;
/** How deep causes, and errors within errors, are followed. */
const DEEPEST = 8;
/** The most that one entry has room for: several errors, each with its code. */
const LONGEST = 24_000;
const INDENT = "  ";

/** The fields of an error for programs. */
interface ErrorFields {
  readonly name: string;
  readonly message: string;
  /** `file:line:column` in the app. */
  readonly at: string | undefined;
}

/** The error as text of several lines. It never throws, whatever was thrown. */
export function describeError(error: unknown): string {
  const text = describe(error, new Set(), 0).join("\n");
  return shortened(text, LONGEST);
}

export function errorFields(error: unknown): ErrorFields {
  const parts = readError(error);
  if (parts === undefined) {
    return { name: typeof error, message: describeValue(error), at: undefined };
  }
  const place = parts.position ?? placeOf(framesOf(parts.stack));
  const at = place && `${place.file}:${place.line}:${place.column}`;
  return { name: parts.name, message: parts.message, at };
}

function describe(error: unknown, seen: Set<unknown>, depth: number): string[] {
  if (seen.has(error)) return ["the same error as above"];
  const excerpt = embeddedApp() === undefined ? [] : excerptOf(error);
  const parts = readError(error);
  if (parts === undefined) return describeValue(error).split("\n");
  if (depth === DEEPEST) return [`${headOf(parts)} (and what caused it)`];
  seen.add(error);
  return [
    ...headOf(parts).split("\n"),
    ...detailsOf(parts, excerpt),
    ...causesOf(parts, seen, depth),
  ];
}

function headOf({ name, message, isOfBuild }: ErrorParts): string {
  const shown = isOfBuild ? "error" : name;
  return message === "" ? shown : `${shown}: ${message}`;
}

function detailsOf(parts: ErrorParts, excerpt: readonly SourceLine[]): string[] {
  const frames = framesOf(parts.stack).filter(({ owner }) => owner !== "internal");
  const position = parts.position ?? importPosition(parts);
  const remedy = remedyOf(parts);
  const code = position === undefined ? codeOf(frames, excerpt) : codeAt(position);
  return indented([
    ...code,
    ...parts.properties.map(([name, value]) => `${name}: ${value}`),
    ...(position === undefined ? shownFrames(frames) : [`at ${nameOf(position)}`]),
    ...(remedy === undefined ? [] : [`what to do: ${remedy}`]),
  ]);
}

/** The app's own place: where its code called what threw. */
function placeOf(frames: readonly Frame[]): Place | undefined {
  return (frames.find(({ owner }) => owner === "app") ?? frames[0])?.place;
}

function codeOf(frames: readonly Frame[], excerpt: readonly SourceLine[]): string[] {
  const place = placeOf(frames);
  if (place === undefined) return [];
  const isOfExcerpt = excerpt.at(-1)?.number === place.line;
  const lines = place.file.startsWith("/") ? linesOfFile(place) : isOfExcerpt ? excerpt : [];
  return codeFrame(lines ?? [], place.column);
}

function codeAt({ line, column, lineText }: Position): string[] {
  return lineText === "" ? [] : codeFrame([{ number: line, text: lineText }], column);
}

function nameOf({ file, line, column }: Place): string {
  return `${file}:${line}:${column}`;
}

/** All frames of the app, and those of packages as far as there is room. */
function shownFrames(frames: readonly Frame[]): string[] {
  const shown = new Set(
    frames
      .toSorted((a, b) => Number(a.owner !== "app") - Number(b.owner !== "app"))
      .slice(0, MOST_FRAMES),
  );
  const lines = frames.filter((frame) => shown.has(frame)).map(({ text }) => `at ${text}`);
  const left = frames.length - shown.size;
  return left === 0 ? lines : [...lines, `and ${left} more frames`];
}

function causesOf(parts: ErrorParts, seen: Set<unknown>, depth: number): string[] {
  const lines: string[] = [];
  const add = (label: string, inner: unknown): void => {
    const [head = "", ...rest] = describe(inner, seen, depth + 1);
    lines.push(`${label}: ${head}`, ...rest);
  };
  for (const [index, inner] of parts.errors.entries()) add(`error ${index + 1} of it`, inner);
  if (parts.moreErrors > 0) lines.push(`and ${parts.moreErrors} more errors`);
  if (parts.hasCause) add("caused by", parts.cause);
  return indented(lines);
}

function indented(lines: readonly string[]): string[] {
  return lines.flatMap((line) => line.split("\n")).map((line) => INDENT + line);
}
