// Reads PM2's file: JavaScript or TypeScript, which is run as a program of the user's, JSON as PM2
// reads it, or YAML.
import { extname } from "node:path";
import { runInThisContext } from "node:vm";
import { readText } from "../../../config/sources/text.ts";
import { describeError, errorFields } from "../../../errors/describe-error.ts";
import { messageOf } from "../../../errors/message-of.ts";
import type { EnvironmentUse } from "./references.ts";

export type ReadResult =
  | { readonly ok: true; readonly value: unknown; readonly use: EnvironmentUse }
  /** What is wrong, beginning with the file's name. */
  | { readonly ok: false; readonly error: string };

/** A file that only makes an object takes milliseconds; one that asks a server for it, seconds. */
const LONGEST_MS = 10_000;

/**
 * @param given the path as the user gave it, which errors quote
 * @param path the same, absolute
 */
export async function readPm2File(given: string, path: string): Promise<ReadResult> {
  const text = readText(path);
  if (typeof text !== "string") return { ok: false, error: `${given}: ${text.error}` };
  const watched = watchEnvironment();
  try {
    const value = await valueOf(path, text);
    return { ok: true, value, use: watched.use };
  } catch (error) {
    return { ok: false, error: `${given}: ${told(error)}` };
  } finally {
    watched.end();
  }
}

/** What is wrong with the file, for which pounce itself has the words. */
class Complaint extends Error {}

/** An error with its place in the user's own code, and the code there. */
function told(error: unknown): string {
  if (error instanceof Complaint) return error.message;
  const { at } = errorFields(error);
  return at?.startsWith("/") ? `${at}: ${describeError(error)}` : describeError(error);
}

async function valueOf(path: string, text: string): Promise<unknown> {
  switch (extname(path)) {
    case ".json":
    case ".json5":
    case ".jsonc":
      return ofJson(text, path);
    case ".yml":
    case ".yaml":
      return ofYaml(text);
    default:
      return ofModule(path);
  }
}

function ofYaml(text: string): unknown {
  try {
    return Bun.YAML.parse(text);
  } catch (error) {
    throw new Complaint(`not valid YAML: ${messageOf(error).replace(/^YAML Parse error: /, "")}`);
  }
}

/** As PM2 does it, which runs it: comments and even `process.cwd()` may stand in it. */
function ofJson(text: string, filename: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    const code = `(${text}\n)`;
    requireSyntax(code);
    return runInThisContext(code, { filename, timeout: LONGEST_MS });
  }
}

/** Throws what is wrong with the syntax, and where: an engine's own errors do not say that. */
function requireSyntax(code: string): void {
  try {
    new Bun.Transpiler({ loader: "js" }).transformSync(code);
  } catch (error) {
    const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
    const { message = "", position } = first as Partial<BuildMessage>;
    // The brackets around the text are not the user's.
    const isAtEnd =
      position !== undefined && position !== null && position.offset >= code.length - 1;
    const column = (position?.column ?? 1) - (position?.line === 1 ? 1 : 0);
    const what = isAtEnd ? "it ends too early" : `${message} (${position?.line}:${column})`;
    throw new Complaint(`not valid JSON: ${what}`);
  }
}

/** The default export, or the module when it exports `apps` itself. A function is called. */
async function ofModule(path: string): Promise<unknown> {
  const exit = process.exit;
  process.exit = (code): never => {
    throw new Complaint(`it calls process.exit(${code ?? ""})`);
  };
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new Complaint(`it is still being loaded after ${LONGEST_MS / 1000} s`));
  }, LONGEST_MS);
  try {
    return await Promise.race([moduleValue(path), late.promise]);
  } finally {
    clearTimeout(timer);
    process.exit = exit;
  }
}

async function moduleValue(path: string): Promise<unknown> {
  const module = (await import(path)) as Readonly<Record<string, unknown>>;
  const isWhole = module["apps"] !== undefined || module["pm2"] !== undefined;
  const value = isWhole ? module : module["default"];
  return typeof value === "function" ? (value as () => unknown)() : value;
}

/** Notes which variables are read and set, until it is ended. */
function watchEnvironment(): { readonly use: EnvironmentUse; end(): void } {
  const real = process.env;
  const read = new Set<string>();
  const set: Record<string, string> = {};
  const use = { read, set, shell: { ...real }, isCopied: false };
  process.env = new Proxy(real, {
    get(env, name) {
      if (typeof name === "string") read.add(name);
      return Reflect.get(env, name) as unknown;
    },
    ownKeys(env) {
      use.isCopied = true;
      return Reflect.ownKeys(env);
    },
    set(env, name, value) {
      if (typeof name === "string") set[name] = String(value);
      return Reflect.set(env, name, value);
    },
  });
  return { use, end: () => void (process.env = real) };
}
