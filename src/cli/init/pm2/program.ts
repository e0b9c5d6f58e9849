// Which program an app of PM2's file is: from `script`, `args`, `interpreter` and `cwd`. What
// neither Bun nor Node could run is refused by name.
import { basename, extname } from "node:path";
import { type FoundProgram, isRuntime, programOfCommand, runtimeAt, wordsOf } from "./command.ts";
import type { Files } from "./files.ts";
import type { NamedApp } from "./keys.ts";
import { moduleFile } from "./module-file.ts";
import { pm2Path } from "./places.ts";

/** Languages that PM2 also starts, by the ending of the file. */
const FOREIGN: Readonly<Record<string, string>> = {
  ".py": "Python",
  ".rb": "Ruby",
  ".php": "PHP",
  ".pl": "Perl",
  ".sh": "a shell script",
  ".coffee": "CoffeeScript",
  ".ls": "LiveScript",
  ".json": "JSON",
};

const OURS = /^\.[cm]?[jt]sx?$/;
const SHEBANG = /^#!\s*(?:\S*\/)?(?:env\s+(?:-S\s+)?)?(\S+)/;

/** @param cwd the folder in which PM2 would run it, absolute */
export function programOf({ values }: NamedApp, cwd: string, files: Files): FoundProgram {
  const script = values.get("script");
  if (typeof script !== "string") return refused("has no script");
  const interpreter = values.get("exec_interpreter") ?? "node";
  const name = basename(String(interpreter)).replace(/@.*$/, "");
  if (name !== "none" && !isRuntime(name)) {
    return refused(
      `is run by ${String(interpreter)}, which pounce does not: it runs what Bun runs`,
    );
  }
  if (!files.isFolder(cwd)) return refused(`runs in ${cwd}, which is no folder here`);
  const found = startedBy(script, argsOf(values.get("args")), cwd, files);
  if (!found.ok) return found;
  const foreign = foreignLanguage(found.file, files);
  if (foreign !== undefined) {
    return refused(`is ${foreign} (${found.file}), which Bun does not run`);
  }
  const options = argsOf(values.get("node_args"));
  return { ...found, options: [...options, ...found.options] };
}

function argsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : typeof value === "string" ? wordsOf(value) : [];
}

/** A file, a folder that is a module, or a command. */
function startedBy(
  script: string,
  args: readonly string[],
  cwd: string,
  files: Files,
): FoundProgram {
  const path = pm2Path({ cwd }, script);
  const runtime = runtimeAt(script);
  if (runtime !== undefined) {
    return programOfCommand([script, ...args].join(" "), [runtime, ...args], { cwd, files });
  }
  const isPath = script.includes("/") || files.isFile(path) || files.isFolder(path);
  const file = isPath ? moduleFile(path, files) : undefined;
  if (file !== undefined) return { ok: true, file, options: [], args, variables: {} };
  if (/^[.~/]/.test(script) || (OURS.test(extname(script)) && !script.includes(" "))) {
    return refused(`has a script that does not exist: ${path}`);
  }
  const words = [...wordsOf(script), ...args];
  return programOfCommand([script, ...args].join(" "), words, { cwd, files });
}

/** The language of a file that cannot be a program for Bun. */
function foreignLanguage(file: string, files: Files): string | undefined {
  const extension = extname(file).toLowerCase();
  if (OURS.test(extension)) return undefined;
  if (Object.hasOwn(FOREIGN, extension)) return FOREIGN[extension];
  const text = files.text(file);
  if (text === undefined) return "a binary";
  const by = basename(SHEBANG.exec(text)?.[1] ?? "node");
  if (!isRuntime(by)) return `a program for ${by}`;
  return undefined;
}

function refused(error: string): FoundProgram {
  return { ok: false, error };
}
