// Loads the user's app and finds out what it is: an object with `fetch`, Bun's own default export, or a
// function. Only workers do this; the master never loads user code.
import { existsSync, realpathSync } from "node:fs";
import { dirname } from "node:path";
import { isClass } from "../built-in/class-names.ts";
import { embeddedApp } from "../embedded-app.ts";
import type { AppSource } from "../ipc/messages.ts";

/** What a hook of the app is called with. */
export interface HookContext {
  readonly generation: number;
  readonly worker: number;
  readonly reason?: "reload" | "stop" | "recycle" | "rollback";
  /** When the hook is no longer waited for. */
  readonly deadline: Date;
  /** Aborted at the deadline. */
  readonly signal: AbortSignal;
}

type Hook = (context: HookContext) => unknown;

/** The handler of a request, as Bun calls it. `undefined` stands for a connection that was upgraded. */
export type Fetch = (
  request: Request,
  server: Bun.Server<unknown>,
) => Response | undefined | Promise<Response | undefined>;

/** An app, whatever its shape was. */
export interface App {
  readonly fetch: Fetch;
  /** The rest of Bun's own default export: `routes`, `websocket`, `error`, `maxRequestBodySize`, … */
  readonly options: Readonly<Record<string, unknown>>;
  readonly startup: Hook | undefined;
  readonly shutdown: Hook | undefined;
  /** The file that was loaded. */
  readonly file: string;
  /** What kind of app it is, in words. */
  readonly shape: string;
  /** Lines for the log. */
  readonly notes: readonly string[];
}

/** What an app says of the address or the transport is not the app's to decide. */
const NOT_THE_APPS = [
  "port",
  "hostname",
  "unix",
  "tls",
  "idleTimeout",
  "reusePort",
  "ipv6Only",
  "development",
  "id",
  "http3",
];

const EXPECTED =
  "expected an object with a fetch function (a Hono, Elysia or H3 app, or " +
  "`export default { fetch }`), or a function (request, server) => Response";

/** What cannot be served: the message is all that is to be told, for the person who wrote or runs it. */
export class AppError extends Error {}

/** Loads the app. Throws `AppError`, or whatever the app's own code throws. */
export async function loadApp(source: AppSource): Promise<App> {
  if (source.label === undefined) {
    const { demo } = await import("./demo.ts");
    return describe(demo, {}, "the built-in demo", "");
  }
  if (source.isEmbedded) return loadEmbedded(source.label);
  const file = resolveApp(source);
  await supplyPackages(file);
  const module: Record<string, unknown> = await import(file);
  const target = await pick(module, source, source.label);
  return describe(target, module, source.label, file);
}

/** The app that is in the executable now, which need not be the one that the master was started from. */
async function loadEmbedded(label: string): Promise<App> {
  const embedded = embeddedApp();
  if (embedded === undefined) {
    throw new AppError(`app ${label}: the executable has been replaced and holds no app now`);
  }
  const { registerBuiltIns } = await import("../built-in/register.ts");
  registerBuiltIns();
  const module = await embedded.load();
  const target = await pick(module, embedded, embedded.label);
  return describe(target, module, embedded.label, "");
}

/** An app that has no Hono of its own gets the one that is built in. */
async function supplyPackages(file: string): Promise<void> {
  try {
    Bun.resolveSync("hono", dirname(file));
  } catch {
    const { registerBuiltIns } = await import("../built-in/register.ts");
    registerBuiltIns();
  }
}

function resolveApp({ module, base, file, label }: AppSource): string {
  if (file !== undefined && existsSync(file)) return file;
  const relative = module.startsWith(".") || module.startsWith("/") ? module : `./${module}`;
  try {
    return realpathSync(Bun.resolveSync(relative, base));
  } catch {
    throw new AppError(`app ${label}: no such module in ${base}`);
  }
}

async function pick(
  module: Record<string, unknown>,
  { exportName, call }: Pick<AppSource, "exportName" | "call">,
  label: string,
): Promise<unknown> {
  if (exportName === undefined) return "default" in module ? module["default"] : module;
  const value = module[exportName];
  if (value === undefined) {
    const names = Object.keys(module).join(", ") || "nothing";
    throw new AppError(`app ${label}: it has no export named ${exportName}; it exports ${names}`);
  }
  if (!call) return value;
  if (typeof value !== "function") {
    throw new AppError(`app ${label}: ${exportName} is ${nameOf(value)}, not a function to call`);
  }
  return value();
}

function describe(
  target: unknown,
  module: Record<string, unknown>,
  label: string,
  file: string,
): App {
  const hooks = {
    startup: hookOf("startup", target, module),
    shutdown: hookOf("shutdown", target, module),
  };
  if (typeof target === "function" && !isClass(target)) {
    const shape = "a function";
    return { fetch: target as Fetch, options: {}, ...hooks, file, shape, notes: [] };
  }
  const app = target as Record<string, unknown> | null;
  if (typeof app !== "object" || app === null || typeof app["fetch"] !== "function") {
    throw new AppError(`app ${label}: found ${nameOf(target)}; ${EXPECTED}`);
  }
  // Options are Bun's own only on a plain object: a Hono app, too, has `routes`, and means another thing.
  const {
    fetch: _fetch,
    startup: _startup,
    shutdown: _shutdown,
    ...rest
  } = isPlain(app) ? app : {};
  const ignored = NOT_THE_APPS.filter((name) => name in rest);
  const options = Object.fromEntries(
    Object.entries(rest).filter(([name]) => !NOT_THE_APPS.includes(name)),
  );
  const fetch = (app["fetch"] as Fetch).bind(app);
  const shape = shapeOf(app, options);
  return { fetch, options, ...hooks, file, shape, notes: ignoredNote(label, ignored) };
}

function shapeOf(app: object, options: Readonly<Record<string, unknown>>): string {
  const { constructor } = app;
  if (!isPlain(app)) return `an object with fetch (${constructor.name})`;
  const more = Object.keys(options);
  return more.length === 0 ? "an object with fetch" : `an object with fetch, ${more.join(", ")}`;
}

function ignoredNote(label: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  return [
    `Ignored what ${label} exports as ${names.join(", ")}: pounce's configuration decides it`,
  ];
}

function hookOf(
  name: "startup" | "shutdown",
  target: unknown,
  module: Record<string, unknown>,
): Hook | undefined {
  const own = typeof target === "object" && target !== null ? Reflect.get(target, name) : undefined;
  const hook = own ?? module[name];
  return typeof hook === "function"
    ? (hook as Hook).bind(own === undefined ? undefined : target)
    : undefined;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || value.constructor === undefined;
}

/** What was found instead, in words. */
function nameOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "function") return isClass(value) ? `the class ${value.name}` : "a function";
  if (value instanceof Promise) return "a promise (export a factory and name it as file:factory())";
  if (typeof value !== "object") return `a ${typeof value}`;
  if ("fetch" in value) return `an object whose fetch is ${nameOf(value.fetch)}`;
  const keys = Object.keys(value).slice(0, 5).join(", ");
  return keys === "" ? "an object without fetch" : `an object with ${keys}, but no fetch function`;
}
