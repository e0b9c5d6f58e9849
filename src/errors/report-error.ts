// What there is to say about an error of an app, in parts: its message, the app's own code, own
// properties, frames, what to do, then its cause and the errors that it contains, each in the same
// way. The log makes a text of it (describe-error.ts), `pounce dev` a page.
import { embeddedApp } from "../embedded-app.ts";
import type { SourceLine } from "./code-frame.ts";
import { describeValue, type ErrorParts, type Position, readError } from "./read-error.ts";
import { importPosition, remedyOf } from "./remedies.ts";
import { excerptOf, linesOfFile } from "./source.ts";
import { type Frame, framesOf, type Place } from "./stack.ts";

/** How deep causes, and errors within errors, are followed. */
const DEEPEST = 8;

/** Source around a place. */
export interface Code {
  readonly lines: readonly SourceLine[];
  readonly place: Place;
  /** The compiler or the resolver names the place: no code has run there. */
  readonly isOfBuild: boolean;
}

export interface ErrorReport {
  /** Its name and its message, which may have several lines. */
  readonly title: string;
  /** Its name; "": what was thrown is not an error, or was shown already. */
  readonly name: string;
  readonly code: Code | undefined;
  readonly properties: readonly (readonly [name: string, value: string])[];
  /** The frames of the app and its packages, innermost first. */
  readonly frames: readonly Frame[];
  /** Where the compiler or the resolver has met it, in place of frames. */
  readonly at: Place | undefined;
  /** What to do, in a sentence. */
  readonly remedy: string | undefined;
  /** The errors that it contains, then its cause. */
  readonly inner: readonly Inner[];
  /** How many errors it contains beyond those. */
  readonly moreErrors: number;
}

interface Inner {
  /** `error 1 of it`, or `caused by`. */
  readonly label: string;
  readonly report: ErrorReport;
}

/** It never throws, whatever was thrown. */
export function reportError(error: unknown): ErrorReport {
  return report(error, new Set(), 0);
}

function report(error: unknown, seen: Set<unknown>, depth: number): ErrorReport {
  if (seen.has(error)) return onlyTitle("the same error as above");
  const excerpt = embeddedApp() === undefined ? [] : excerptOf(error);
  const parts = readError(error);
  if (parts === undefined) return onlyTitle(describeValue(error));
  if (depth === DEEPEST) return onlyTitle(`${titleOf(parts)} (and what caused it)`);
  seen.add(error);
  const frames = framesOf(parts.stack).filter(({ owner }) => owner !== "internal");
  const position = parts.position ?? importPosition(parts);
  return {
    title: titleOf(parts),
    name: nameOf(parts),
    code: position === undefined ? codeOf(frames, excerpt) : codeAt(position),
    properties: parts.properties,
    frames: position === undefined ? frames : [],
    at: position,
    remedy: remedyOf(parts),
    inner: innerOf(parts, seen, depth),
    moreErrors: parts.moreErrors,
  };
}

/** What has nothing but a title. */
export function onlyTitle(title: string): ErrorReport {
  return {
    title,
    name: "",
    code: undefined,
    properties: [],
    frames: [],
    at: undefined,
    remedy: undefined,
    inner: [],
    moreErrors: 0,
  };
}

function nameOf({ name, isOfBuild }: ErrorParts): string {
  return isOfBuild ? "error" : name;
}

function titleOf(parts: ErrorParts): string {
  const name = nameOf(parts);
  return parts.message === "" ? name : `${name}: ${parts.message}`;
}

/** The app's own place: where its code called what threw. */
export function placeOf(frames: readonly Frame[]): Place | undefined {
  return (frames.find(({ owner }) => owner === "app") ?? frames[0])?.place;
}

function codeOf(frames: readonly Frame[], excerpt: readonly SourceLine[]): Code | undefined {
  const place = placeOf(frames);
  if (place === undefined) return undefined;
  const isOfExcerpt = excerpt.at(-1)?.number === place.line;
  const lines = place.file.startsWith("/") ? linesOfFile(place) : isOfExcerpt ? excerpt : [];
  return lines && lines.length > 0 ? { lines, place, isOfBuild: false } : undefined;
}

/** The compiler says what the line was; the lines around it are shown if it still is that. */
function codeAt(position: Position): Code | undefined {
  const { file, line, column, lineText } = position;
  if (lineText === "") return undefined;
  const around = linesOfFile(position);
  const isSame = around?.some(({ number, text }) => number === line && text === lineText) === true;
  const lines = isSame ? around : [{ number: line, text: lineText }];
  return { lines, place: { file, line, column }, isOfBuild: true };
}

function innerOf(parts: ErrorParts, seen: Set<unknown>, depth: number): Inner[] {
  const inner = parts.errors.map((error, index) => ({
    label: `error ${index + 1} of it`,
    report: report(error, seen, depth + 1),
  }));
  if (!parts.hasCause) return inner;
  return [...inner, { label: "caused by", report: report(parts.cause, seen, depth + 1) }];
}
