// An error of an app as the log shows it, made from its report (report-error.ts): its message, the
// app's own code with a caret, own properties, the frames of the app and its packages, then its
// cause and the errors that it contains, each in the same way.
import { codeFrame } from "./code-frame.ts";
import { describeValue, readError, shortened } from "./read-error.ts";
import { type Code, type ErrorReport, placeOf, reportError } from "./report-error.ts";
import { type Frame, framesOf, nameOf } from "./stack.ts";

/** The most frames shown for one error. */
const MOST_FRAMES = 10;
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
  return describeReport(reportError(error));
}

/** The same of an error that has been read. */
export function describeReport(report: ErrorReport): string {
  return shortened(describe(report).join("\n"), LONGEST);
}

export function errorFields(error: unknown): ErrorFields {
  const parts = readError(error);
  if (parts === undefined) {
    return { name: typeof error, message: describeValue(error), at: undefined };
  }
  const place = parts.position ?? placeOf(framesOf(parts.stack));
  return { name: parts.name, message: parts.message, at: place && nameOf(place) };
}

function describe(report: ErrorReport): string[] {
  const { title, inner, moreErrors } = report;
  const lines = [...title.split("\n"), ...indented(detailsOf(report))];
  const within: string[] = [];
  for (const { label, report: innerReport } of inner) {
    const [head = "", ...rest] = describe(innerReport);
    // The cause comes last.
    if (label === "caused by") pushMore(within, moreErrors);
    within.push(`${label}: ${head}`, ...rest);
  }
  if (!inner.some(({ label }) => label === "caused by")) pushMore(within, moreErrors);
  return [...lines, ...indented(within)];
}

function pushMore(lines: string[], moreErrors: number): void {
  if (moreErrors > 0) lines.push(`and ${moreErrors} more errors`);
}

function detailsOf({ code, properties, frames, at, remedy }: ErrorReport): string[] {
  return [
    ...(code === undefined ? [] : frameOf(code)),
    ...properties.map(([name, value]) => `${name}: ${value}`),
    ...(at === undefined ? shownFrames(frames) : [`at ${nameOf(at)}`]),
    ...(remedy === undefined ? [] : [`what to do: ${remedy}`]),
  ];
}

function frameOf({ lines, place, isOfBuild }: Code): string[] {
  const first = isOfBuild ? place.line : 0;
  const shown = lines.filter(({ number }) => number >= first && number <= place.line);
  return codeFrame(shown, place.column);
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

function indented(lines: readonly string[]): string[] {
  return lines.flatMap((line) => line.split("\n")).map((line) => INDENT + line);
}
