// Finds out what an app exports, and brings it into one shape.
//
// The export may be a proxy that answers for any name (itty-router), and may have getters that
// throw. So it is never awaited, a name is read only if Bun reads it too, and hooks must really
// exist.
import { isClass } from "../../built-in/class-names.ts";
import { type App, type Hook, HOOKS } from "./app.ts";
import type { Fetch } from "../http/layer.ts";
import { APPS_OWN, NOT_THE_APPS, type ServeOptions, withRoutes } from "../http/serve-options.ts";
import { AppError } from "./app-error.ts";
import { isElysia, untilComplete, webSocketsOf, withServer } from "./elysia.ts";
import { honoErrors } from "./hono-errors.ts";
import { noteOrigin } from "./hono-prints.ts";
import { nodeHandler } from "./node-handler.ts";

const EXPECTED =
  "expected an object with a fetch function (a Hono, Elysia or H3 app, or " +
  "`export default { fetch }`), a function (request, server) => Response, or a program that " +
  "starts a server";

/** An export of an app, and where it comes from. */
interface Exported {
  readonly target: unknown;
  readonly module: Readonly<Record<string, unknown>>;
  /** As the user wrote it. */
  readonly label: string;
  readonly file: string;
}

/**
 * The app that is exported. Throws `AppError` if there is none, and whatever the app's own getters
 * throw.
 */
export async function shapeApp(exported: Exported): Promise<App> {
  const { target, module, label, file } = exported;
  const hooks = Object.fromEntries(HOOKS.map((name) => [name, hookOf(name, target, module)]));
  const common = {
    startup: hooks["startup"],
    shutdown: hooks["shutdown"],
    leader: hooks["leader"] as App["leader"],
    file,
  };
  if (!isObject(target)) throw refused(exported);
  if (isElysia(target)) await untilComplete(target);
  const fetch = fetchOf(target);
  if (typeof fetch !== "function") {
    const isFunction = typeof target === "function" && !isClass(target);
    if (!isFunction || nodeHandler(target) !== undefined) throw refused(exported);
    return { fetch: target as Fetch, options: {}, ...common, shape: "a function", notes: [] };
  }
  const bound = (fetch as Fetch).bind(target);
  noteOrigin(bound, fetch as Fetch);
  const { options, ignored } = optionsOf(target);
  return {
    fetch: isElysia(target) ? withServer(target, bound) : bound,
    options,
    ...common,
    shape: shapeOf(target, options),
    notes: ignored.length === 0 ? [] : [ignoredNote(label, ignored)],
    tellErrors: honoErrors(target),
  };
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

function fetchOf(target: object): unknown {
  return Reflect.get(target, "fetch");
}

/**
 * Whether something is an app by its `fetch`, and so not a promise of one, whatever its `then` is.
 */
export function hasFetch(value: unknown): boolean {
  return isObject(value) && typeof fetchOf(value) === "function";
}

/**
 * The options for `Bun.serve`, and the names of those that the app cannot decide. On a plain object
 * all of them count; on any other object, where a framework may mean something else, only those
 * that cannot mean anything else.
 */
function optionsOf(target: object): { options: ServeOptions; ignored: string[] } {
  if (isElysia(target)) return { options: { websocket: webSocketsOf(target) }, ignored: [] };
  const names = isPlain(target)
    ? Object.keys(target)
    : APPS_OWN.filter((it) => isOption(it, target));
  const given = names.filter((it) => it !== "fetch" && !HOOKS.some((hook) => hook === it));
  const own = given.filter((it) => !NOT_THE_APPS.includes(it) && mayBeRead(it, target));
  return {
    options: withRoutes(Object.fromEntries(own.map((name) => [name, Reflect.get(target, name)]))),
    ignored: NOT_THE_APPS.filter((name) => given.includes(name)),
  };
}

/** Bun reads no name that it does not know: a getter of another name is not called. */
function mayBeRead(name: string, target: object): boolean {
  return APPS_OWN.includes(name) || "value" in (findMember(name, target) ?? {});
}

/**
 * Whether it can only be meant for Bun, on an object that is not just an app: Hono's `routes` is a
 * list.
 */
function isOption(name: string, target: object): boolean {
  if (findMember(name, target) === undefined || findMember("use", target) !== undefined) {
    return false;
  }
  const value: unknown = Reflect.get(target, name);
  return value !== undefined && !Array.isArray(value);
}

/** Where a member is defined: proxies that answer for every name define none. */
function findMember(name: string, target: object): PropertyDescriptor | undefined {
  for (let it: object | null = target; it !== null; it = Object.getPrototypeOf(it)) {
    const descriptor = Reflect.getOwnPropertyDescriptor(it, name);
    if (descriptor !== undefined) return descriptor;
  }
  return undefined;
}

function shapeOf(app: object, options: Readonly<Record<string, unknown>>): string {
  if (typeof app === "function") return "a class or function with fetch";
  const name: unknown = isPlain(app) ? "" : app.constructor.name;
  if (typeof name === "string" && name !== "") return `an object with fetch (${name})`;
  const more = Object.keys(options);
  return more.length === 0 ? "an object with fetch" : `an object with fetch, ${more.join(", ")}`;
}

function ignoredNote(label: string, names: readonly string[]): string {
  return `Ignored ${names.join(", ")} of ${label}: pounce's configuration decides about that`;
}

function hookOf(
  name: (typeof HOOKS)[number],
  target: unknown,
  module: Readonly<Record<string, unknown>>,
): Hook | undefined {
  const own =
    isObject(target) && findMember(name, target) !== undefined
      ? Reflect.get(target, name)
      : undefined;
  const hook = own ?? module[name];
  return typeof hook === "function"
    ? (hook as Hook).bind(own === undefined ? undefined : target)
    : undefined;
}

function isPlain(value: object): boolean {
  if (typeof value === "function") return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || value.constructor === undefined;
}

function refused({ label, target: found, module }: Exported): AppError {
  const ofNode = isObject(found) ? nodeHandler(found) : undefined;
  const isEmpty = found === module && Object.keys(module).length === 0;
  if (ofNode === undefined) {
    return new AppError(
      `app ${label}: found ${isEmpty ? "no export" : nameOf(found)}; ${EXPECTED}` +
        hint(label, found, module),
    );
  }
  return new AppError(
    `app ${label}: found ${ofNode}, which pounce cannot serve: it writes to a response object ` +
      `and returns no Response; ${EXPECTED}`,
  );
}

/** Suggests an export that is an app, if none was named. */
function hint(label: string, found: unknown, module: Exported["module"]): string {
  if (found !== module && found !== module["default"]) return "";
  const name = Object.keys(module).find((it) => it !== "default" && hasFetch(module[it]));
  return name === undefined ? "" : `. To serve its export ${name}, write ${label}:${name}`;
}

/** What was found instead, in words. */
function nameOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "function") return isClass(value) ? `the class ${value.name}` : "a function";
  if (typeof value !== "object") return `a ${typeof value}`;
  if ("fetch" in value) return `an object whose fetch is ${nameOf(value.fetch)}`;
  const keys = Object.keys(value).slice(0, 5).join(", ");
  if (keys === "" && isPlain(value)) return "an empty object";
  return keys === "" ? "an object without fetch" : `an object with ${keys}, but no fetch function`;
}
