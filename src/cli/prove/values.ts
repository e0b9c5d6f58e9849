// Values of flags of `pounce prove`. Each function returns what a text stands for, or throws a
// `Mistake`.
import { suggest } from "../../config/sources/nearest.ts";
import { parseDuration } from "../../config/schema/duration.ts";
import { showValue } from "../../config/schema/setting.ts";
import { formatDuration } from "../../core/duration.ts";
import { type Mode, MODES } from "../../prove/load/plan.ts";

/** What is wrong with the arguments, on one line. Only input.ts catches it. */
export class Mistake extends Error {}

export const MINUTE_MS = 60_000;

/** Throws a `Mistake`. */
export function refuse(flag: string, expected: string, value: string, hint = ""): never {
  throw new Mistake(`${flag}: expected ${expected}, got ${showValue(value)}${hint}`);
}

/** A whole number in a range. */
export function whole(flag: string, text: string, min: number, max: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= min && number <= max) return number;
  return refuse(flag, `a whole number from ${min} to ${max}`, text);
}

/** The same, or undefined where nothing is given. */
export function optional(flag: string, text: string | undefined, min: number, max: number) {
  return text === undefined ? undefined : whole(flag, text, min, max);
}

/** Milliseconds. */
export function time(flag: string, text: string, minMs: number, maxMs: number): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= minMs && ms <= maxMs) return ms;
  const range = `from ${minMs === 0 ? "0" : formatDuration(minMs)} to ${maxMs / MINUTE_MS}m`;
  return refuse(flag, `a time such as 2s or 500ms, ${range}`, text);
}

/** One or more, a line each; each once. */
export function paths(flag: string, text: string): string[] {
  return [...new Set(text.split("\n").map((path) => pathOf(flag, path)))];
}

/** A path as HTTP/1.1 writes it in a request. */
export function pathOf(flag: string, text: string): string {
  const expected = 'a path that begins with "/"';
  if (!text.startsWith("/")) refuse(flag, expected, text);
  const isPath = /^[!-~]*$/.test(text) && !text.includes("#");
  return isPath ? text : refuse(flag, `${expected}, written as in a request: " " is %20`, text);
}

/** What HTTP permits as a header's name. */
const HEADER = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/;

/** Headers that say where a request ends, or what becomes of its connection. */
const OF_CLIENTS = new Set([
  "connection",
  "content-length",
  "expect",
  "keep-alive",
  "sec-websocket-extensions",
  "sec-websocket-key",
  "sec-websocket-version",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** One or more, a line each. */
export function headers(text: string): Record<string, string> {
  const all = text.split("\n").map(headerOf);
  const names = all.map(([name]) => name.toLowerCase());
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Mistake(`--header: ${twice} is given more than once`);
  return Object.fromEntries(all);
}

/** Its name and its value. */
function headerOf(text: string): readonly [string, string] {
  const [, name, value] = HEADER.exec(text) ?? [];
  if (name === undefined || value === undefined) return refuse("--header", '"Name: value"', text);
  if (OF_CLIENTS.has(name.toLowerCase())) {
    throw new Mistake(`--header: ${name} is what each kind of client sets by itself: leave it out`);
  }
  return [name, value.trim()];
}

/** Those that are named, in the order of all. */
export function modesIn(text: string): Mode[] {
  const names = Object.keys(MODES) as Mode[];
  const given = text.split(/[\n,]/).map((name) => name.trim());
  for (const name of given) {
    if (names.some((mode) => mode === name)) continue;
    const hint = ` (${suggest(name, "mode", names)})`;
    refuse("--modes", `some of ${names.join(", ")}`, name, hint);
  }
  return names.filter((mode) => given.includes(mode));
}
