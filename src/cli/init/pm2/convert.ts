// An app of PM2's file as the text of a pounce.toml. Pure, but for what it asks of `Files`.
import { basename, join } from "node:path";
import { absolutePath } from "../../../os/paths.ts";
import { type Started, wordsOf } from "./command.ts";
import { environmentPieces, portOfProgram, type Variables } from "./environment.ts";
import type { Files } from "./files.ts";
import { type NamedApp, namedApp, PM2_KEYS, type RawApp } from "./keys.ts";
import { optionPieces } from "./options.ts";
import { note, type Piece, setting } from "./pieces.ts";
import { type Places, tomlPath } from "./places.ts";
import { programOf } from "./program.ts";
import type { EnvironmentUse } from "./references.ts";
import { RULES, workersPieces } from "./rules.ts";
import { tomlText, validPieces } from "./toml.ts";

/** What surrounds an app. Folders are absolute. */
export interface Surroundings {
  /** The name of PM2's file, for the text. */
  readonly source: string;
  /** The folder in which `pm2 start` would be called. */
  readonly base: string;
  /** The folder of PM2's file. */
  readonly folder: string;
  /** The folder of pounce.toml. */
  readonly output: string;
  /** NAME of `--env NAME`. */
  readonly environment: string | undefined;
  readonly use: EnvironmentUse;
  readonly files: Files;
}

export type Converted =
  | {
      readonly ok: true;
      readonly text: string;
      /** The app as pounce.toml names it. */
      readonly app: string;
      readonly pieces: readonly Piece[];
    }
  /** A sentence without its subject, the app: "has no script". */
  | { readonly ok: false; readonly error: string };

/** @param name what PM2 calls the app */
export function convertApp(raw: RawApp, name: string, around: Surroundings): Converted {
  const app = namedApp(raw);
  const { NODE_OPTIONS: nodeOptions = "", ...variables } = variablesOf(app, around.environment);
  // PM2 takes paths from where it is called, which usually is the folder of its file.
  const bases = [...new Set([around.base, around.folder])];
  const tried = bases.map((base) => {
    const cwd = absolutePath(base, String(app.values.get("cwd") ?? ""));
    return { cwd, program: programOf(app, cwd, around.files) };
  });
  const [first] = tried;
  const found = tried.find(({ program }) => program.ok) ?? first;
  if (found === undefined || !found.program.ok) {
    return {
      ok: false,
      error: found?.program.ok === false ? found.program.error : "has no script",
    };
  }
  const places: Places = { cwd: found.cwd, output: around.output };
  const { program } = found;
  const pieces = [
    ...programPieces(program, places),
    ...workersPieces(app.values.get("instances")),
    slotPiece(app),
    ...optionPieces([...program.options, ...wordsOf(String(nodeOptions))], places, around.files),
    ...variablePieces(app, { ...variables, ...program.variables }, program, places, around),
    ...rulePieces(app, places, around.files),
    ...otherEnvironments(app, around.environment),
    ...app.unknown.map((key) => note(key, "PM2 has no such key, and neither has pounce")),
  ];
  const head = [`For pounce, from the app "${name}" in ${basename(around.source)} of PM2.`];
  const valid = validPieces(mergedSettings(pieces));
  const text = tomlText([...head, "Paths are relative to this file."], valid);
  return { ok: true, text, app: tomlPath(places, program.file), pieces: valid };
}

/** `env`, with `env_NAME` over it where the app has that. */
function variablesOf(
  { values, environments }: NamedApp,
  environment: string | undefined,
): Variables {
  return { ...tableOf(values.get("env")), ...tableOf(environments.get(environment ?? "")) };
}

function tableOf(value: unknown): Variables {
  return typeof value === "object" && value !== null ? (value as Variables) : {};
}

function programPieces(program: Started, places: Places): Piece[] {
  const { file, args, via } = program;
  const comment = via === undefined ? undefined : `What \`${via}\` starts.`;
  const pieces: Piece[] = [setting("app", tomlPath(places, file), comment)];
  const folder = tomlPath(places, places.cwd);
  if (folder !== ".") pieces.push(setting("working_directory", folder));
  if (args.length > 0) pieces.push(setting("app_args", args));
  return pieces;
}

function slotPiece({ values }: NamedApp): Piece {
  const name = values.get("instance_var") ?? "NODE_APP_INSTANCE";
  const comment =
    "The number of the worker, as PM2 gives it, for what is to run in one worker alone. During a " +
    "reload the old and the new version both have a worker 0.";
  return setting("slot_variable", String(name), comment);
}

function variablePieces(
  app: NamedApp,
  variables: Variables,
  program: Started,
  places: Places,
  { use, files }: Surroundings,
): Piece[] {
  const port = app.values.get("port");
  const pieces = environmentPieces(variables, port, use, { ...places, files });
  const hasPort = port !== undefined || variables["PORT"] !== undefined;
  return hasPort ? pieces : [portOfProgram(portSource(program, places, files)), ...pieces];
}

function portSource({ file, args }: Started, places: Places, files: Files) {
  const isOfPackage = file.includes("/node_modules/");
  const text = isOfPackage ? undefined : files.text(file);
  const source = text === undefined ? undefined : { text, file: tomlPath(places, file) };
  return { args, source, dotenv: files.text(join(places.cwd, ".env")) };
}

function rulePieces({ values }: NamedApp, places: Places, files: Files): Piece[] {
  return PM2_KEYS.flatMap((key) => {
    if (!Object.hasOwn(RULES, key) || !values.has(key)) return [];
    const rule = RULES[key as keyof typeof RULES];
    return rule({ value: values.get(key), of: values, places, files });
  });
}

function otherEnvironments({ environments }: NamedApp, taken: string | undefined): Piece[] {
  const others = [...environments.keys()].filter((name) => name !== taken);
  return others.map((name) => note(`env_${name}`, `taken with --env ${name}`));
}

/** Each key stands once; `env_file`, which several rules may have, with the files of all. */
function mergedSettings(pieces: readonly Piece[]): Piece[] {
  const settings = pieces.filter((piece) => piece.kind === "setting");
  const firsts = new Map(settings.toReversed().map((piece) => [piece.key, piece]));
  const envFiles = settings.flatMap(({ key, value }) => (key === "env_file" ? [value].flat() : []));
  return pieces.flatMap((piece): Piece[] => {
    if (piece.kind !== "setting") return [piece];
    if (firsts.get(piece.key) !== piece) return [];
    if (piece.key !== "env_file") return [piece];
    return [{ ...piece, value: [...new Set(envFiles.map(String))] }];
  });
}
