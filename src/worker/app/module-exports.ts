// Which export of a module is the app, if any.
import type { AppSource } from "../../ipc/messages.ts";
import { AppError } from "./app-error.ts";
import { hasFetch } from "./app-shape.ts";

/** What a module exports, by name. */
export type Exports = Readonly<Record<string, unknown>>;

/** An export, in a box: an app may be a proxy, and must not be awaited. */
export interface Picked {
  readonly target: unknown;
}

export async function pick(
  module: Exports,
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
function defaultOf(module: Exports): unknown {
  // As the build of SvelteKit's adapter for Node exports it.
  if (!("default" in module)) return module["handler"] ?? module;
  const value = module["default"];
  const isWrapped = typeof value === "object" && value !== null && Object.hasOwn(value, "default");
  return isWrapped && !hasFetch(value) ? Reflect.get(value, "default") : value;
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
