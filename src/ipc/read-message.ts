// Checks that what has come over a channel is a message of messages.ts.
import { LOG_LEVELS } from "../log/settings.ts";
import {
  type Checks,
  type Fields,
  isCount,
  isListOf,
  isRecord,
  isText,
  readMessage,
} from "./checks.ts";
import type { FromWorker, ToWorker } from "./messages.ts";

const always = (): boolean => true;

const FROM_WORKER: Checks<FromWorker["type"]> = {
  started: always,
  loaded: (m) =>
    isText(m["file"]) &&
    isText(m["shape"]) &&
    isListOf(m["notes"], isText) &&
    (m["remarks"] === undefined || isListOf(m["remarks"], isText)) &&
    ["boolean", "undefined"].includes(typeof m["isElsewhere"]) &&
    ["boolean", "undefined"].includes(typeof m["wantsLead"]) &&
    (m["failure"] === undefined || isText(m["failure"])) &&
    (m["appFiles"] === undefined || isListOf(m["appFiles"], isFileFacts)),
  "app-files": (m) => isListOf(m["files"], isFileFacts),
  outdated: (m) => isListOf(m["files"], isText),
  bound: (m) => isListOf(m["addresses"], isAddress),
  ready: always,
  failed: (m) => isText(m["reason"]),
  uncaught: (m) => isText(m["error"]) && isCount(m["times"]),
  idle: (m) => isCount(m["served"]) && ["boolean", "undefined"].includes(typeof m["needsTime"]),
  "lease-wanted": always,
  resigned: always,
  full: (m) => typeof m["isFull"] === "boolean",
  released: (m) => isText(m["address"]),
  forced: (m) =>
    isRecord(m["unfinished"]) &&
    isUnfinished(m["unfinished"]) &&
    (m["connections"] === undefined || isCount(m["connections"])) &&
    isCount(m["served"]) &&
    isListOf(m["requests"], isRequest),
  report: (m) => isCount(m["id"]) && isRecord(m["report"]) && isReport(m["report"]),
  "tls-served": (m) => isCount(m["id"]) && (m["problem"] === undefined || isText(m["problem"])),
  unlisted: (m) =>
    isCount(m["id"]) &&
    (m["port"] === undefined || isCount(m["port"])) &&
    (m["problem"] === undefined || isText(m["problem"])),
  files: (m) => isListOf(m["files"], isText) && isCount(m["sinceMs"]),
  log: (m) => isRecord(m["entry"]) && isEntry(m["entry"]),
};

const TO_WORKER: Checks<ToWorker["type"]> = {
  load: always,
  bind: always,
  accept: always,
  drain: always,
  carry: always,
  standby: always,
  spread: always,
  lead: always,
  lease: always,
  resign: always,
  link: (m) => isCount(m["peer"]),
  "open-unlisted": always,
  "close-unlisted": always,
  release: always,
  health: always,
  report: always,
  "reopen-log": always,
  tls: always,
  stop: always,
  force: always,
};

function isEntry({ level, event, message }: Fields): boolean {
  return LOG_LEVELS.some((it) => it === level) && isText(event) && isText(message);
}

function isFileFacts(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { path, size, mtimeMs, hash } = value;
  if (!isText(path) || !isCount(size) || typeof mtimeMs !== "number") return false;
  return hash === undefined || isText(hash);
}

function isUnfinished({ connections, inFlight, oldest }: Fields): boolean {
  if (!isCount(connections) || !isCount(inFlight)) return false;
  if (oldest === undefined) return true;
  return isRecord(oldest) && isText(oldest["method"]) && isText(oldest["path"]);
}

function isRequest(value: unknown): boolean {
  if (!isRecord(value)) return false;
  return isText(value["method"]) && isText(value["path"]) && typeof value["age_ms"] === "number";
}

function isReport(report: Fields): boolean {
  const { requests, inFlight, connections, memoryBytes } = report;
  return [requests, inFlight, connections, memoryBytes].every(isCount);
}

function isAddress(value: unknown): boolean {
  if (!isRecord(value)) return false;
  return isText(value["path"]) || (isText(value["host"]) && isCount(value["port"]));
}

/** The message, or `undefined` when it is not one that a worker sends. */
export function readFromWorker(value: unknown): FromWorker | undefined {
  return readMessage<FromWorker>(value, FROM_WORKER);
}

/** The message, or `undefined` when it is not one that the master sends. */
export function readToWorker(value: unknown): ToWorker | undefined {
  return readMessage<ToWorker>(value, TO_WORKER);
}
