// `pounce init --from-pm2 FILE`: the files to write for the apps of PM2's file.
import { dirname } from "node:path";
import { absolutePath } from "../../../os/paths.ts";
import { listApps, type ListedApp } from "./apps.ts";
import { convertApp, type Converted, type Surroundings } from "./convert.ts";
import { REAL_FILES } from "./files.ts";
import type { Piece } from "./pieces.ts";
import { tomlPath } from "./places.ts";
import { readPm2File } from "./read-file.ts";

export interface Pm2Input {
  /** The path of PM2's file, as given. */
  readonly file: string;
  /** The working directory, and the folder to write to; absolute. */
  readonly cwd: string;
  readonly output: string;
  readonly environment: string | undefined;
  /** Names of apps; undefined: all. */
  readonly only: readonly string[] | undefined;
}

interface NewFile {
  readonly name: string;
  readonly text: string;
  /** What it serves, and what is not taken over: lines for a person. */
  readonly told: readonly string[];
}

export type Pm2Output =
  | { readonly ok: true; readonly files: readonly NewFile[]; readonly leftOut: readonly string[] }
  | { readonly ok: false; readonly error: string };

export async function fromPm2(input: Pm2Input): Promise<Pm2Output> {
  const path = absolutePath(input.cwd, input.file);
  const read = await readPm2File(input.file, path);
  if (!read.ok) return read;
  const listed = listApps(read.value);
  if ("error" in listed) return failed(`${input.file}: ${listed.error}`);
  const { apps, leftOut } = listed;
  const wanted = input.only === undefined ? apps : apps.filter(isWanted(input.only));
  const missing = input.only?.find((name) => !apps.some((app) => app.name === name));
  if (missing !== undefined) return failed(`--only: ${input.file} has no app "${missing}"`);
  const { environment } = input;
  if (environment !== undefined && !wanted.some(({ raw }) => `env_${environment}` in raw)) {
    return failed(`--env: none of its apps has an env_${environment}`);
  }
  const around: Surroundings = {
    source: input.file,
    base: input.cwd,
    folder: dirname(path),
    output: input.output,
    environment,
    use: read.use,
    files: REAL_FILES,
  };
  const converted = wanted.map((app) => ({ app, result: convertApp(app.raw, app.name, around) }));
  const errors = converted.flatMap(({ app, result }) => errorOf(app, result, input));
  if (errors.length > 0) return failed([...errors, ...advice(converted)].join("\n"));
  const files = converted.flatMap(({ app, result }) =>
    result.ok ? [newFile(fileName(app, apps), app, result, environment)] : [],
  );
  const twice = files.find(
    ({ name }, index) => files.findIndex((it) => it.name === name) !== index,
  );
  if (twice !== undefined) return failed(`${input.file}: two apps would be ${twice.name}`);
  return { ok: true, files, leftOut };
}

function isWanted(only: readonly string[]) {
  return ({ name }: ListedApp): boolean => only.includes(name);
}

function errorOf({ name }: ListedApp, result: Converted, { file }: Pm2Input): string[] {
  return result.ok ? [] : [`${file}: the app "${name}" ${result.error}`];
}

/** How to go on with the apps that can be served. */
function advice(all: readonly { readonly app: ListedApp; readonly result: Converted }[]): string[] {
  const good = all.flatMap(({ app, result }) => (result.ok ? [app.name] : []));
  return good.length === 0 ? [] : [`  for the others: --only ${good.join(",")}`];
}

/** A file of one app alone needs no name in it. */
function fileName({ name }: ListedApp, all: readonly ListedApp[]): string {
  return all.length === 1 ? "pounce.toml" : `pounce.${name.replaceAll(/[^\w.-]+/g, "-")}.toml`;
}

function newFile(
  name: string,
  app: ListedApp,
  result: Converted & { ok: true },
  environment: string | undefined,
): NewFile {
  const { text, pieces } = result;
  const value = (key: string): string | undefined => shownValue(pieces, key);
  const [host, port] = [value("host") ?? LOOPBACK, value("port") ?? "8000, unless you set it"];
  const workers = value("workers") ?? "auto";
  const told = [`  "${app.name}": ${result.app}, workers: ${workers}, at ${host}:${port}`];
  if (host === LOOPBACK) told.push('  only this machine reaches it; for others: host = "0.0.0.0"');
  const notes = pieces.flatMap((piece) => (piece.kind === "note" ? [piece.of] : []));
  const environments = notes.filter((of) => ENVIRONMENT.test(of));
  if (environment === undefined && environments.length > 0) {
    const flags = environments.map((of) => of.replace(ENVIRONMENT, "--env "));
    told.push(`  its variables are those of env alone, without ${flags.join(" or ")}`);
  }
  const others = notes.filter((of) => !ENVIRONMENT.test(of));
  if (others.length > 0) told.push(`  not taken, and why is in the file: ${others.join(", ")}`);
  return { name, text, told };
}

const LOOPBACK = "127.0.0.1";
/** Variables for `--env NAME` in PM2's file. */
const ENVIRONMENT = /^env_/;

function shownValue(pieces: readonly Piece[], key: string): string | undefined {
  const found = pieces.find((piece) => piece.kind === "setting" && piece.key === key);
  return found?.kind === "setting" ? String(found.value) : undefined;
}

function failed(error: string): Pm2Output {
  return { ok: false, error };
}

/**
 * What to do next, in lines.
 * @param path the first file that was written
 * @param cwd the working directory
 */
export function nextSteps(path: string, cwd: string): string[] {
  const file = tomlPath({ output: cwd }, path).replace(/^\.\//, "");
  return [
    `next: pounce check --config ${file}`,
    `then, in place of pm2: pounce --config ${file} (pm2 delete frees the port)`,
    "to keep it running: pounce init systemd; all else: pounce help migrate",
  ];
}
