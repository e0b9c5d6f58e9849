// Options of node that an app of PM2's file asks for.
import { join } from "node:path";
import type { Files } from "./files.ts";
import { note, type Piece, setting } from "./pieces.ts";
import { type Places, pm2Path, tomlPath } from "./places.ts";

/** Modules that are loaded first to do what Bun does by itself. */
const OF_BUN =
  /^(?:tsx|ts-node|tsconfig-paths|esm|@swc-node|@swc\/register|@babel\/register|@esbuild-kit|source-map-support|ts-paths)\b/;

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

export function optionPieces(words: readonly string[], places: Places, files: Files): Piece[] {
  const envFiles: string[] = [];
  const notes = parsed(words).flatMap(({ name, value }): Piece[] => {
    const shown = `node_args ${value === "" ? name : `${name} ${value}`}`;
    if (name === "--env-file" || name === "--env-file-if-exists") {
      const path = pm2Path(places, value);
      if (files.isFile(path)) envFiles.push(path);
      return files.isFile(path) ? [] : [note(shown, `${path} does not exist`)];
    }
    if (!LOADS_FIRST.has(name)) {
      const isDebugger = name.startsWith("--inspect");
      const remedy = isDebugger ? "debug the app with `bun --inspect`" : "Bun does not read it";
      return [note(shown, remedy)];
    }
    if (value.startsWith("dotenv")) {
      const path = join(places.cwd, ".env");
      if (files.isFile(path)) envFiles.push(path);
      return [];
    }
    if (OF_BUN.test(value)) return [];
    return [note(shown, `import it on the first line of the program: import "${value}";`)];
  });
  const paths = [...new Set(envFiles)].map((path) => tomlPath(places, path));
  return paths.length === 0 ? notes : [setting("env_file", paths), ...notes];
}
