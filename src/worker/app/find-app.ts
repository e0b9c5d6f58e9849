// Finds the app of a module: what it exports, or the server that it starts as a program.
import type { TcpAddress } from "../../net/address.ts";
import { nextTurn } from "../../os/next-turn.ts";
import type { Capture } from "../program/capture.ts";
import type { CapturedServer } from "../program/captured-server.ts";
import { whyRefused } from "../program/only-server.ts";
import type { OwnListeners } from "../program/own-listeners.ts";
import { heedsPort } from "../program/heeds-port.ts";
import { asksFor, chooseServer, isExportServed } from "../program/choose.ts";
import { untilNothingIsAlive } from "./alive.ts";
import { AppError } from "./app-error.ts";
import type { App } from "./app.ts";
import { hasFetch, shapeApp } from "./app-shape.ts";
import { isElysia } from "./elysia.ts";
import { type Evaluated, evaluate, type Found } from "./evaluate.ts";
import { listenFor, nodeHandler } from "./node-handler.ts";
import { listenItself, programApp } from "./program-app.ts";

interface Finding {
  readonly found: Found;
  readonly capture: Capture;
  /** Where pounce will listen. */
  readonly addresses: readonly TcpAddress[];
  /** What the program opens besides servers of HTTP. */
  readonly listeners: OwnListeners;
  /** As in `AppSource`. */
  readonly isElsewhere: boolean;
  /** Until when a program may start a server, as `performance.now()` gives it. */
  readonly untilMs: number;
  /** More on why it has started none; "": nothing is known. */
  readonly whyNoServer: () => string;
  /** What pounce serves is not what the program is for, in words. */
  readonly onWrong: (words: string) => void;
}

/**
 * A module that exports a Node handler may be about to start a server with it, once it has reached
 * its database for example.
 */
const HANDLER_WAITS_MS = 2000;
/** How long a program that has a server on another port than ours may take to start one on it. */
const MAIN_WAITS_MS = 2000;
/** The same if the version before has not started one. */
const MAIN_WAITS_AGAIN_MS = 100;
/** How much longer if it reads `PORT`, so that one is likely to come. */
const HEEDFUL_WAITS_MS = 8000;

/** Throws `AppError` if there is no app, or whatever the module throws. */
export async function findApp(finding: Finding): Promise<App> {
  const { found, capture } = finding;
  const evaluated = await evaluate(found, capture);
  const waited = await untilStarted(finding, evaluated);
  const captured = capturedOf(finding, evaluated);
  const isElsewhere = captured !== undefined && capture.isMainMissing;
  const { label, file } = found;
  capture.end((port) => {
    if (captured !== undefined) finding.onWrong(isLate(label, port, captured));
  });
  await listenElsewhere(finding, captured);
  const module = evaluated?.module ?? {};
  if (captured !== undefined) {
    const kind = handlerOf(evaluated);
    const app = await programApp({ captured, capture, module, label, file, kind });
    return { ...app, isElsewhere };
  }
  const { open } = finding.listeners;
  if (open.length > 0 && found.exportName === undefined && !isServable(evaluated?.target)) {
    throw new AppError(whyRefused(label, open));
  }
  try {
    return await shapeApp({ target: evaluated?.target, module, label, file });
  } catch (error) {
    if (!(error instanceof AppError) || waited === "") throw error;
    throw new AppError(`${error.message}${waited}${finding.whyNoServer()}`);
  }
}

function isLate(label: string, port: number, served: CapturedServer): string {
  const other = served.port === undefined ? "on a Unix socket" : `for port ${served.port}`;
  return (
    `${label} starts its server for port ${port} only now, and pounce, which has waited for it, ` +
    `serves the one ${other}. Have it start the one for port ${port} before the other, or right ` +
    "after it"
  );
}

/** What pounce does not serve really listens, unless pounce has its port. */
async function listenElsewhere({ capture, addresses }: Finding, chosen?: CapturedServer) {
  const ports = addresses.map(({ port }) => port);
  for (const server of capture.servers) {
    if (server !== chosen && !asksFor(server.port, ports)) await listenItself(server, capture);
  }
}

/**
 * Waits for a server, if what has been exported is none. Programs often listen some time after
 * their import, once they have reached their database for example.
 * @returns words on what has been waited for in vain
 */
async function untilStarted(finding: Finding, evaluated?: Evaluated): Promise<string> {
  const { found, capture, listeners, untilMs } = finding;
  if (evaluated === undefined) return "";
  const { target } = evaluated;
  const isHandler = handlerOf(evaluated) !== undefined && !listeners.isOf(target);
  if (!isHandler && isServable(target)) return "";
  const leftMs = (): number => untilMs - performance.now();
  // Whoever has named a handler has said that nothing else is to be waited for.
  const handlerWaitsMs = found.exportName === undefined ? HANDLER_WAITS_MS : 0;
  const waitMs = isHandler ? Math.min(handlerWaitsMs, leftMs()) : leftMs();
  const isOver = await whileAlive(capture.hasStarted(), waitMs);
  await untilMain(finding);
  if (capture.servers.length === 0 && isHandler && isObject(target)) await listenFor(target);
  await nextTurn();
  if (capture.servers.length > 0) return "";
  return isOver === true
    ? ". It starts no server either: its code has run, and nothing is left of it to wait for"
    : ". It has started no server within startup_timeout either";
}

/**
 * A server on another port may be for metrics: the program's service may come when it has reached
 * its database.
 */
async function untilMain({ found, capture, untilMs, isElsewhere }: Finding): Promise<void> {
  const leftMs = (): number => untilMs - performance.now();
  const wait = (ms: number): Promise<boolean | void> => whileAlive(capture.hasMain(), ms);
  if (!capture.isMainMissing) return;
  const waitMs = isElsewhere ? MAIN_WAITS_AGAIN_MS : MAIN_WAITS_MS;
  if ((await wait(Math.min(waitMs, leftMs()))) === true) return;
  capture.hasWaited = capture.isMainMissing;
  if (isElsewhere || !capture.isMainMissing || !heedsPort(found.file)) return;
  // If none comes, what there is has the other half of the time to get ready.
  await wait(Math.min(HEEDFUL_WAITS_MS, leftMs() / 2));
}

/**
 * Waits for `promise`, for `waitMs` at most, and only as long as something keeps the program alive.
 * @returns true: nothing does
 */
async function whileAlive(promise: Promise<void>, waitMs: number): Promise<boolean | void> {
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), Math.max(0, waitMs)).unref();
  const isOver = await Promise.race([promise, untilNothingIsAlive(over.signal)]);
  clearTimeout(timer);
  over.abort();
  return isOver;
}

/** The program's server that pounce serves; undefined: it serves what is exported. */
function capturedOf(
  { found, capture, addresses }: Finding,
  evaluated: Evaluated | undefined,
): CapturedServer | undefined {
  const ports = addresses.map(({ port }) => port);
  const captured = chooseServer(capture.servers, ports);
  if (captured === undefined || evaluated === undefined) return captured;
  const { target } = evaluated;
  const isNodes = handlerOf(evaluated) !== undefined;
  const isServed = isExportServed(captured, ports, {
    isNamed: found.exportName !== undefined && !isNodes,
    isApp: hasFetch(target),
    isSame: isSameApp(captured, target),
  });
  return isServed ? undefined : captured;
}

/** Whether a program both exports and serves the same thing. */
function isSameApp({ options, facade }: CapturedServer, target: unknown): boolean {
  if (!isObject(target) || !hasFetch(target)) return false;
  if (target === facade || Reflect.get(target, "fetch") === options["fetch"]) return true;
  return isElysia(target) && target.server === facade;
}

/** Whether it may be an app without being a server. */
function isServable(target: unknown): boolean {
  return hasFetch(target) || typeof target === "function";
}

/** What is exported, in words, if it is a Node handler. */
function handlerOf(evaluated: Evaluated | undefined): string | undefined {
  const target = evaluated?.target;
  return isObject(target) ? nodeHandler(target) : undefined;
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
