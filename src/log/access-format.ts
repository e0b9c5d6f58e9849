// How a request is logged: in the Common or Combined Log Format of web servers, or as JSON. Either
// way it is one line, whatever the client has sent.
import { printableJson } from "./printable.ts";
import type { AccessFormat } from "./settings.ts";

/** A request that has been answered. */
export interface AccessEntry {
  /** When it arrived, in milliseconds since 1970. */
  readonly timeMs: number;
  /** The client's address, as reported by trusted proxies. */
  readonly client: string;
  readonly method: string;
  /** Path and query as they were sent. */
  readonly target: string;
  readonly status: number;
  /** Of the body; undefined for a stream. */
  readonly bytes: number | undefined;
  readonly durationMs: number;
  readonly referer: string | null;
  readonly userAgent: string | null;
  readonly requestId: string | undefined;
  /** The trace that the client has said it belongs to, and the client's span. */
  readonly traceId: string | undefined;
  readonly spanId: string | undefined;
  readonly generation: number;
  readonly worker: number;
}

export function formatAccess(entry: AccessEntry, format: AccessFormat): string {
  return format === "json" ? json(entry) : text(entry, format === "combined");
}

/**
 * The client's texts are cut to these lengths, one after the other, until the line is short enough.
 */
const CUTS = [500, 60];

/** The same in at most `maxBytes` bytes: if it is too long, what the client has sent is cut. */
export function formatWithin(entry: AccessEntry, format: AccessFormat, maxBytes: number): string {
  let line = formatAccess(entry, format);
  for (const length of CUTS) {
    if (Buffer.byteLength(line) <= maxBytes) break;
    line = formatAccess(cut(entry, length), format);
  }
  return line;
}

function cut(entry: AccessEntry, length: number): AccessEntry {
  const { target, referer, userAgent } = entry;
  return {
    ...entry,
    target: target.slice(0, length),
    referer: referer && referer.slice(0, length),
    userAgent: userAgent && userAgent.slice(0, length),
  };
}

function text(entry: AccessEntry, isCombined: boolean): string {
  const { client, timeMs, method, target, status, bytes, referer, userAgent } = entry;
  const line =
    `${client} - - [${commonTime(timeMs)}] "${escape(method)} ${escape(target)} HTTP/1.1" ` +
    `${status} ${bytes ?? "-"}`;
  if (!isCombined) return `${line}\n`;
  return `${line} "${escape(referer ?? "-")}" "${escape(userAgent ?? "-")}"\n`;
}

/** Built by hand: `JSON.stringify` takes three times as long. */
function json(entry: AccessEntry): string {
  const { timeMs, client, method, target, status, bytes, durationMs } = entry;
  const { referer, userAgent, requestId, traceId, spanId, generation, worker } = entry;
  const path = quote(target);
  const duration = Math.round(durationMs * 1000) / 1000;
  return (
    `{"time":"${isoTime(timeMs)}","level":"info","event":"request",` +
    `"msg":"${method} ${path.slice(1, -1)} ${status}","client":"${client}","method":"${method}",` +
    `"path":${path},"status":${status}${bytes === undefined ? "" : `,"bytes":${bytes}`},` +
    `"duration_ms":${duration}${referer === null ? "" : `,"referer":${quote(referer)}`}` +
    `${userAgent === null ? "" : `,"user_agent":${quote(userAgent)}`}` +
    `${requestId === undefined ? "" : `,"request_id":"${requestId}"`}` +
    `${traceId === undefined ? "" : `,"trace_id":"${traceId}","span_id":"${spanId}"`}` +
    `,"generation":${generation},"worker":${worker}}\n`
  );
}

/** A text in JSON. */
function quote(value: string): string {
  return /^[ !#-[\]-~]*$/.test(value) ? `"${value}"` : printableJson(JSON.stringify(value));
}

/** Quotes and backslashes as `\"` and `\\`; what does not print, or is not ASCII, as `\x1b`. */
function escape(value: string): string {
  if (!/["\\]|[^ -~]/.test(value)) return value;
  return value.replaceAll(/["\\]|[^ -~]/g, (character) => {
    if (character === '"' || character === "\\") return `\\${character}`;
    return [...Buffer.from(character)].map((byte) => `\\x${hex(byte)}`).join("");
  });
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** A time to the second, as text that is made once for all requests of that second. */
function perSecond(format: (time: Date) => string): (timeMs: number) => string {
  let second = -1;
  let shown = "";
  return (timeMs) => {
    const current = Math.floor(timeMs / 1000);
    if (current !== second) {
      second = current;
      shown = format(new Date(current * 1000));
    }
    return shown;
  };
}

/** `23/Nov/2026:14:05:09 +0000`, in local time. */
const commonTime = perSecond(formatTime);

const isoSecond = perSecond((time) => time.toISOString().slice(0, -"000Z".length));

/** `2026-11-23T14:05:09.123Z` */
function isoTime(timeMs: number): string {
  const ms = Math.floor(timeMs) % 1000;
  return `${isoSecond(timeMs)}${ms < 10 ? "00" : ms < 100 ? "0" : ""}${ms}Z`;
}

function formatTime(time: Date): string {
  const day = `${two(time.getDate())}/${MONTHS[time.getMonth()]}/${time.getFullYear()}`;
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(":");
  const offset = -time.getTimezoneOffset();
  const zone = `${two(Math.floor(Math.abs(offset) / 60))}${two(Math.abs(offset) % 60)}`;
  return `${day}:${clock} ${offset < 0 ? "-" : "+"}${zone}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
