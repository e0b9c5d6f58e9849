// Checks that what has come over a channel is a message of messages.ts: an app may write to the
// channel too, and the other side may be another build.
import { LOG_LEVELS } from "../log/settings.ts";
import type { FromWorker, ToWorker } from "./messages.ts";

type Check = (message: Readonly<Record<string, unknown>>) => boolean;

const isText = (value: unknown): boolean => typeof value === "string";
const always: Check = () => true;

const FROM_WORKER: Readonly<Record<FromWorker["type"], Check>> = {
  started: always,
  loaded: (m) =>
    isText(m["file"]) &&
    isText(m["shape"]) &&
    Array.isArray(m["notes"]) &&
    m["notes"].every(isText),
  bound: (m) => Array.isArray(m["addresses"]) && m["addresses"].every(isAddress),
  ready: always,
  failed: (m) => isText(m["reason"]),
  uncaught: (m) => isText(m["error"]) && isCount(m["times"]),
  idle: (m) => isCount(m["served"]) && ["boolean", "undefined"].includes(typeof m["needsTime"]),
  released: (m) => isText(m["address"]),
  forced: (m) =>
    isRecord(m["unfinished"]) &&
    isUnfinished(m["unfinished"]) &&
    (m["connections"] === undefined || isCount(m["connections"])) &&
    isCount(m["served"]) &&
    Array.isArray(m["requests"]) &&
    m["requests"].every(isRequest),
  report: (m) => isCount(m["id"]) && isRecord(m["report"]) && isReport(m["report"]),
  log: (m) => isRecord(m["entry"]) && isEntry(m["entry"]),
};

const TO_WORKER: readonly string[] = [
  "load",
  "bind",
  "drain",
  "release",
  "health",
  "report",
  "reopen-log",
  "stop",
  "force",
] satisfies ToWorker["type"][];

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isEntry({ level, event, message }: Record<string, unknown>): boolean {
  return LOG_LEVELS.some((it) => it === level) && isText(event) && isText(message);
}

function isUnfinished({ connections, inFlight, oldest }: Record<string, unknown>): boolean {
  if (!isCount(connections) || !isCount(inFlight)) return false;
  if (oldest === undefined) return true;
  return isRecord(oldest) && isText(oldest["method"]) && isText(oldest["path"]);
}

function isRequest(value: unknown): boolean {
  if (!isRecord(value)) return false;
  return isText(value["method"]) && isText(value["path"]) && typeof value["age_ms"] === "number";
}

function isReport(report: Record<string, unknown>): boolean {
  const { requests, inFlight, connections, memoryBytes } = report;
  return [requests, inFlight, connections, memoryBytes].every(isCount);
}

function isAddress(value: unknown): boolean {
  return isRecord(value) && isText(value["host"]) && isCount(value["port"]);
}

/** The message, or `undefined` when it is not one that a worker sends. */
export function readFromWorker(value: unknown): FromWorker | undefined {
  if (!isRecord(value) || !Object.hasOwn(FROM_WORKER, String(value["type"]))) return undefined;
  const check = FROM_WORKER[value["type"] as FromWorker["type"]];
  return check(value) ? (value as FromWorker) : undefined;
}

/** The message, or `undefined` when it is not one that the master sends. */
export function readToWorker(value: unknown): ToWorker | undefined {
  if (!isRecord(value)) return undefined;
  return TO_WORKER.includes(value["type"] as string) ? (value as ToWorker) : undefined;
}
