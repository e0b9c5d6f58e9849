// Options of node that an app of PM2's file asks for.
import { join } from "node:path";
import type { Files } from "./files.ts";
import { note, type Piece, setting } from "./pieces.ts";
import { type Places, pm2Path, tomlPath } from "./places.ts";

/** Modules that are loaded first to do what Bun does by itself. */
const OF_BUN =
  /^(?:tsx|ts-node|tsconfig-paths|esm|@swc-node|@swc\/register|@babel\/register|@esbuild-kit|source-map-support|ts-paths)\b/;

/** Options of ts-node: Bun runs TypeScript without them, and checks no types. */
const OF_TS_NODE = new Set(["--transpile-only", "-T", "--swc", "--esm", "--files"]);

const LOADS_FIRST = new Set(["-r", "--require", "--import", "--preload"]);

interface Option {
  readonly name: string;
  readonly value: string;
}

/** `--name=value` and `--name value` alike. */
function parsed(words: readonly string[]): Option[] {
  const options: Option[] = [];
  for (let index = 0; index < words.length; index++) {
    const [, name = "", inline] = /^([^=]+)(?:=(.*))?$/s.exec(words[index] ?? "") ?? [];
    const next = words[index + 1];
    const takesNext = inline === undefined && next !== undefined && !next.startsWith("-");
    if (takesNext) index++;
    options.push({ name, value: inline ?? (takesNext ? next : "") });
  }
  return options;
}

const NO_ENV = 'there is no .env yet; where there is one, write env_file = [ "./.env" ]';

export function optionPieces(words: readonly string[], places: Places, files: Files): Piece[] {
  const envFiles: string[] = [];
  const notes = parsed(words).flatMap(({ name, value }): Piece[] => {
    const shown = `node_args ${value === "" ? name : `${name} ${value}`}`;
    if (name === "--env-file" || name === "--env-file-if-exists") {
      const path = pm2Path(places, value);
      if (files.isFile(path)) envFiles.push(path);
      return files.isFile(path) ? [] : [note(shown, `${path} does not exist`)];
    }
    if (OF_TS_NODE.has(name)) return [];
    if (!LOADS_FIRST.has(name)) return [note(shown, whyNot(name))];
    if (value.startsWith("dotenv")) {
      const path = join(places.cwd, ".env");
      if (files.isFile(path)) envFiles.push(path);
      return files.isFile(path) ? [] : [note(shown, NO_ENV)];
    }
    if (OF_BUN.test(value)) return [];
    return [note(shown, `import it on the first line of the program: import "${value}";`)];
  });
  const paths = [...new Set(envFiles)].map((path) => tomlPath(places, path));
  return paths.length === 0 ? notes : [setting("env_file", paths), ...notes];
}

function whyNot(name: string): string {
  if (name.startsWith("--inspect")) return "debug the app with `pounce dev --inspect`";
  if (name.startsWith("--max-old-space-size")) return "Bun's heap has no limit to raise";
  return "Bun does not read it";
}
