// Loads the user's app. Only workers do this; the master never loads user code.
import { existsSync, realpathSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { closedFolder } from "../../os/paths.ts";
import { type EmbeddedApp, embeddedApp } from "../../embedded-app.ts";
import type { AppSource } from "../../ipc/messages.ts";
import { notesOfPorts } from "../../ipc/port-notes.ts";
import type { Address } from "../../net/address.ts";
import type { OpenPort } from "../../net/listeners.ts";
import { AppError } from "./app-error.ts";
import type { App } from "./app.ts";
import { hasFetch, shapeApp } from "./app-shape.ts";
import { poseAsBun } from "./as-bun.ts";
import { Surroundings } from "../program/surroundings.ts";
import { explained } from "./own-ports.ts";

/**
 * Loads the app. Throws `AppError`, or whatever the app's own code throws.
 * @param openPorts the ports that this process listens on: none before the app is loaded
 * @param addresses where pounce will listen
 */
export async function loadApp(
  source: AppSource,
  openPorts: () => OpenPort[],
  addresses: readonly Address[] = [],
): Promise<App> {
  const { label } = source;
  if (label === undefined) {
    const { demo } = await import("./demo.ts");
    return shapeApp({ target: demo, module: {}, label: "the built-in demo", file: "" });
  }
  const found = await (source.isEmbedded ? embedded(label) : fromFile(source, label));
  const own = new Surroundings(found.file, addresses);
  let module: Readonly<Record<string, unknown>> | undefined;
  try {
    module = await found.load();
    const { target } = await pick(module, found, found.label);
    const app = await shapeApp({ target, module, label: found.label, file: found.file });
    return {
      ...app,
      notes: [...app.notes, ...notesOfPorts(found.label, openPorts()), ...own.notes(found.label)],
    };
  } catch (error) {
    const isProgram = module !== undefined && exportsNothing(module);
    throw await explained(error, found.label, isProgram, openPorts, addresses);
  }
}

/** A module that can be evaluated, and which part of it is the app. */
interface Found extends EmbeddedApp {
  /** "" if it is inside the executable. */
  readonly file: string;
}

async function fromFile(source: AppSource, label: string): Promise<Found> {
  const { exportName, call } = source;
  const file = resolveApp(source);
  await supplyPackages(file);
  poseAsBun(file);
  return { label, exportName, call, file, load: () => import(file) };
}

/**
 * The app that is inside the executable now, which may not be the one that the master was started
 * from.
 */
async function embedded(label: string): Promise<Found> {
  const found = embeddedApp();
  if (found === undefined) {
    throw new AppError(`app ${label}: the executable has been replaced by one without an app`);
  }
  const { registerBuiltIns } = await import("../../built-in/register.ts");
  registerBuiltIns();
  poseAsBun("");
  return { ...found, file: "" };
}

/** Gives an app without a Hono of its own the built-in one. */
async function supplyPackages(file: string): Promise<void> {
  try {
    Bun.resolveSync("hono", dirname(file));
  } catch {
    const { registerBuiltIns } = await import("../../built-in/register.ts");
    registerBuiltIns();
  }
}

function resolveApp({ module, base, file, label }: AppSource): string {
  if (file !== undefined && existsSync(file)) return file;
  const relative = module.startsWith(".") || module.startsWith("/") ? module : `./${module}`;
  try {
    return realpathSync(Bun.resolveSync(relative, base));
  } catch {
    const closed = closedFolder(resolve(base, dirname(relative)));
    if (closed === undefined) throw new AppError(`app ${label}: no such module in ${base}`);
    throw new AppError(`app ${label}: this user may not enter ${closed}: chmod or chown it`);
  }
}

/** An export, in a box: an app may be a proxy, and must not be awaited. */
interface Picked {
  readonly target: unknown;
}

async function pick(
  module: Readonly<Record<string, unknown>>,
  { exportName, call }: Pick<AppSource, "exportName" | "call">,
  label: string,
): Promise<Picked> {
  if (exportName === undefined) return settled(defaultOf(module));
  const value = module[exportName];
  if (value === undefined) {
    const names = Object.keys(module).join(", ") || "nothing";
    throw new AppError(`app ${label}: it has no export named ${exportName}; it exports ${names}`);
  }
  if (!call) return settled(value);
  if (typeof value !== "function") {
    const type = typeof value === "object" ? "an object" : `a ${typeof value}`;
    throw new AppError(`app ${label}: ${exportName} is ${type}, not a function to call`);
  }
  return settled(value());
}

/**
 * In a module that was compiled to CommonJS, the default export is a member of the exported object.
 */
function defaultOf(module: Readonly<Record<string, unknown>>): unknown {
  if (!("default" in module)) return module;
  const value = module["default"];
  const isWrapped = typeof value === "object" && value !== null && Object.hasOwn(value, "default");
  return isWrapped && !hasFetch(value) ? Reflect.get(value, "default") : value;
}

/**
 * Whether a module is a program rather than an app, as far as its exports show; CommonJS has an
 * empty export.
 */
function exportsNothing(module: Readonly<Record<string, unknown>>): boolean {
  const value = defaultOf(module);
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

/** What a promise of an app resolves to; an app itself is never treated as a promise. */
async function settled(value: unknown): Promise<Picked> {
  if (hasFetch(value) || !isThenable(value)) return { target: value };
  return { target: await value };
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" && value !== null && typeof Reflect.get(value, "then") === "function"
  );
}
