// Finds the app of a module: what it exports, or the server that it starts as a program.
import type { EmbeddedApp } from "../../embedded-app.ts";
import type { Address } from "../../net/address.ts";
import type { Capture } from "../program/capture.ts";
import type { CapturedServer } from "../program/captured-server.ts";
import { asksFor, chooseServer, isExportServed } from "../program/choose.ts";
import type { App } from "./app.ts";
import { hasFetch, shapeApp } from "./app-shape.ts";
import { awaitServer, type Waited, withoutServer } from "./await-server.ts";
import { isElysia } from "./elysia.ts";
import { type Exports, type Picked, pick } from "./module-exports.ts";
import { listenFor, nodeHandler } from "./node-handler.ts";
import { listenItself, programApp } from "./program-app.ts";

/** A module that can be evaluated, and which part of it is the app. */
export interface Found extends EmbeddedApp {
  /** "" if it is inside the executable. */
  readonly file: string;
}

interface Finding {
  readonly found: Found;
  readonly capture: Capture;
  /** Where pounce will listen. */
  readonly addresses: readonly Address[];
  /** Until when a program may start a server, as `performance.now()` gives it. */
  readonly untilMs: number;
}

/** What has been evaluated. */
interface Evaluated {
  readonly module: Exports;
  readonly target: unknown;
}

/**
 * A module that exports a Node handler may be about to start a server with it, once it has reached
 * its database for example.
 */
const HANDLER_WAITS_MS = 2000;

/** Throws `AppError` if there is no app, or whatever the module throws. */
export async function findApp(finding: Finding): Promise<App> {
  const { found, capture } = finding;
  const evaluated = await evaluate(finding);
  const waited = await untilStarted(finding, evaluated);
  const captured = capturedOf(finding, evaluated);
  capture.end();
  await listenElsewhere(finding, captured);
  const { label, file } = found;
  const module = evaluated?.module ?? {};
  if (captured !== undefined) return programApp({ captured, capture, module, label, file });
  try {
    return await shapeApp({ target: evaluated?.target, module, label, file });
  } catch (error) {
    throw waited === undefined ? error : withoutServer(error, waited);
  }
}

/** What pounce does not serve really listens, unless pounce has its port. */
async function listenElsewhere({ capture, addresses }: Finding, chosen?: CapturedServer) {
  const ports = addresses.map(({ port }) => port);
  for (const server of capture.servers) {
    if (server !== chosen && !asksFor(server.port, ports)) await listenItself(server, capture);
  }
}

/** Undefined: the program has started a server, and goes on. */
async function evaluate({ found, capture }: Finding): Promise<Evaluated | undefined> {
  const evaluating = evaluateAll(found);
  const started = capture.hasStarted.then(nextTurn).then(() => undefined);
  const evaluated = await Promise.race([evaluating, started]);
  // What it throws later is an unhandled rejection like any other.
  if (evaluated === undefined) void rethrow(evaluating);
  return evaluated;
}

async function evaluateAll(found: Found): Promise<Evaluated> {
  const module = await found.load();
  const { target }: Picked = await pick(module, found, found.label);
  return { module, target };
}

async function rethrow(promise: Promise<unknown>): Promise<void> {
  await promise;
}

/** What a program does right after it has started a server, such as Elysia's `reload`. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

/** Waits for a server, if what has been exported is none. Undefined: there was no need to. */
async function untilStarted(
  { capture, untilMs }: Finding,
  evaluated?: Evaluated,
): Promise<Waited | undefined> {
  if (evaluated === undefined || capture.servers.length > 0) return undefined;
  const { target } = evaluated;
  const isHandler = isObject(target) && nodeHandler(target) !== undefined;
  if (!isHandler && (hasFetch(target) || typeof target === "function")) return undefined;
  const leftMs = untilMs - performance.now();
  const waitMs = isHandler ? Math.min(HANDLER_WAITS_MS, leftMs) : leftMs;
  const waited = await awaitServer(capture.hasStarted, waitMs);
  if (waited !== "started" && isHandler) await listenFor(target);
  await nextTurn();
  return waited;
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
  const isNodes = isObject(target) && nodeHandler(target) !== undefined;
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

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
