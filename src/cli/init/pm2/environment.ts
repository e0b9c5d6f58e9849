// The variables of an app: `env`, what `--env NAME` puts over it, and `port`.
import { parseEnv } from "node:util";
import { join } from "node:path";
import type { Files } from "./files.ts";
import { hint, note, type Piece, reference, setting } from "./pieces.ts";
import { type Places, tomlPath } from "./places.ts";
import { type EnvironmentUse, referringTo, unsetOf } from "./references.ts";

export type Variables = Readonly<Record<string, unknown>>;

/** One variable and its text. */
type Entry = readonly [name: string, text: string];

/** Addresses that programs are told by `HOSTNAME`; any other value is the machine's name. */
const ADDRESS = /^(?:0\.0\.0\.0|127\.0\.0\.1|::1?|localhost)$/;

/** @param port `port` of the app, which wins over `PORT` */
export function environmentPieces(
  variables: Variables,
  port: unknown,
  use: EnvironmentUse,
  places: Places & { readonly files: Files },
): Piece[] {
  const { entries, notes } = textsOf(variables, unsetOf(use));
  const pieces: Piece[] = [...notes];
  const given = port ?? entries.find(([name]) => name === "PORT")?.[1];
  if (given !== undefined) pieces.push(portPiece(given));
  pieces.push(hostPiece(entries));
  const own = entries.filter(([name]) => !OF_ADDRESS.has(name));
  const ofFile = own.filter(([name, text]) => use.set[name] === text && isInEnvFile(name, text));
  if (ofFile.length > 0) pieces.push(envFilePiece(ofFile.map(([name]) => name)));
  const copied = own.filter(([name, text]) => use.isCopied && use.shell[name] === text);
  if (copied.length > 0) pieces.push(note("process.env", "workers have pounce's own environment"));
  const rest = own.filter((entry) => !ofFile.includes(entry) && !copied.includes(entry));
  return [...pieces, ...rest.map((entry) => variablePiece(entry, use))];

  function isInEnvFile(name: string, text: string): boolean {
    return parseEnv(places.files.text(join(places.cwd, ".env")) ?? "")[name] === text;
  }

  function envFilePiece(names: readonly string[]): Piece {
    const comment = `PM2's file itself read these there: ${names.join(", ")}.`;
    return setting("env_file", tomlPath(places, join(places.cwd, ".env")), comment);
  }
}

/** What decides the address, and is no variable of pounce.toml. */
const OF_ADDRESS = new Set(["PORT", "HOST"]);

/**
 * As PM2 passes them on: objects as JSON.
 * @param unset variables of the environment that had no value
 */
function textsOf(variables: Variables, unset: readonly string[]) {
  const entries: Entry[] = [];
  const notes: Piece[] = [];
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined || value === null) {
      if (!OF_ADDRESS.has(name)) notes.push(note(`env.${name}`, withoutValue(name, unset)));
      continue;
    }
    const text = typeof value === "object" ? JSON.stringify(value) : String(value);
    if (typeof value === "function" || typeof value === "symbol") {
      notes.push(note(`env.${name}`, `a variable cannot be a ${typeof value}`));
    } else if (unset.length > 0 && /\bundefined\b/.test(text)) {
      // A variable that is another's whole value is hardly a part of this one.
      const others = unset.filter((it) => !(it in variables));
      notes.push(note(`env.${name}`, withUndefined(text, others.length > 0 ? others : unset)));
    } else {
      entries.push([name, text]);
    }
  }
  return { entries, notes };
}

function withoutValue(name: string, unset: readonly string[]): string {
  const [only = name, ...others] = unset.includes(name) ? [name] : unset;
  const source = others.length === 0 ? only : name;
  const remedy = `if the environment is to give it, write ${name} = "\${${source}}"`;
  return `it had no value where this file was written; ${remedy}`;
}

/** In a template of JavaScript, a variable without a value is the text "undefined". */
function withUndefined(text: string, unset: readonly string[]): string {
  const [first = ""] = unset;
  return (
    `it was ${JSON.stringify(text)}, as ${unset.join(" or ")} had no value where this file was ` +
    `written: in [env], write "\${${first}}" or the like in place of undefined`
  );
}

function portPiece(port: unknown): Piece {
  const isNumber = /^\d{1,5}$/.test(String(port));
  return isNumber ? setting("port", Number(port)) : note(`PORT = ${String(port)}`, "not a port");
}

function hostPiece(entries: readonly Entry[]): Piece {
  const named = new Map(entries);
  const host = named.get("HOST") ?? named.get("HOSTNAME");
  if (host !== undefined && (named.has("HOST") || ADDRESS.test(host))) return setting("host", host);
  return setting(
    "host",
    "127.0.0.1",
    "Reached from this machine alone, as by a proxy. A program of Node that names no address " +
      'listens on all of them: "0.0.0.0", or "::", does that.',
  );
}

function variablePiece([name, text]: Entry, use: EnvironmentUse): Piece {
  const referring = referringTo(name, text, use);
  if (referring === undefined) return setting(`env.${name}`, text);
  return reference(
    `env.${name}`,
    referring.value,
    "PM2's file took it from the environment, and so does this: " +
      `give pounce the variable ${referring.to.join(" and ")}.`,
  );
}

/** What is known of a program whose port is not among its variables. */
interface Program {
  readonly args: readonly string[];
  /** Its text, and its path for people; undefined: the file is a package's. */
  readonly source?: { readonly text: string; readonly file: string } | undefined;
  /** The text of its `.env`, which it may read itself. */
  readonly dotenv: string | undefined;
}

/** The port in its arguments or in its own source, or a hint that it is still to be set. */
export function portOfProgram({ args, source, dotenv = "" }: Program): Piece {
  const [, ofArgs] = ARGUMENT.exec(args.join(" ")) ?? [];
  if (ofArgs !== undefined) return setting("port", Number(ofArgs), "As in the arguments.");
  const { PORT } = parseEnv(dotenv);
  const isFixed = FIXED.some((pattern) => pattern.test(source?.text ?? ""));
  if (/^\d{2,5}$/.test(PORT ?? "") && !isFixed) {
    return setting(
      "port",
      Number(PORT),
      "As PORT in .env. The program gets pounce's port as PORT.",
    );
  }
  for (const pattern of source === undefined ? [] : [BEHIND_PORT, ...FIXED]) {
    const match = pattern.exec(source?.text ?? "");
    if (match === null) continue;
    const line = source?.text.slice(0, match.index).split("\n").length;
    return setting("port", Number(match[1]), `As in ${source?.file}:${line}.`);
  }
  return hint(
    "port",
    "PM2's file has no port, so it is in the program. Write it here: pounce listens, wherever " +
      "the program asks to. Without it: port = 8000, or the variable PORT. A program that serves " +
      "nothing, such as a worker of a queue, is none for pounce.",
  );
}

const ARGUMENT = /(?:^| )(?:-p|--port|-l|--listen)[ =]?(\d{2,5})(?: |$)/;

/** How programs write their port: behind the variable, … */
const BEHIND_PORT = /\bPORT\b["'\])]*\s*(?:\|\||\?\?)\s*["'`]?(\d{2,5})\b/;
/** … in the call, or in a constant. */
const FIXED = [/\.listen\(\s*(?:\{\s*port:\s*)?(\d{2,5})\b/, /\bport\s*[:=]\s*(\d{2,5})\b/i];
