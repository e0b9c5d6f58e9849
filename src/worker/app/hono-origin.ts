// Which Hono an app runs with: its own, or the built-in one. An app that had its own must not lose
// it silently, for example because `node_modules` was removed under a running server.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { AppSource } from "../../ipc/messages.ts";
import { AppError } from "./app-error.ts";

/**
 * The app's own Hono that this process has loaded, described for people; undefined: there is none.
 */
export function ownHono(appFile: string): string | undefined {
  const entry = resolved(appFile);
  if (entry === undefined || !(entry in require.cache)) return undefined;
  const found = nearestPackage(entry, ({ name }) => name === "hono");
  return found === undefined ? entry : `${found.folder} (${String(found.content["version"])})`;
}

/** Whether this process has loaded a part of the built-in Hono, under the name that apps import. */
export function hasLoadedBuiltInHono(): boolean {
  return Object.keys(require.cache).some((name) => /^hono(?:\/|$)/.test(name));
}

/** The entry file of an app's own Hono; undefined: it has none. */
function resolved(appFile: string): string | undefined {
  try {
    return Bun.resolveSync("hono", dirname(appFile));
  } catch {
    return undefined;
  }
}

/**
 * Judges an app that has loaded with the built-in Hono. If the previous version had its own and its
 * package.json still lists one, the installation is broken: throws `AppError`.
 * @returns what to log; `undefined`: nothing
 */
export function judgeHono({ label, ownHono: before, file }: AppSource, appFile: string) {
  if (appFile === "" || resolved(appFile) !== undefined || !("hono" in require.cache)) {
    return undefined;
  }
  const asked = nearestPackage(appFile, ({ dependencies }) => asksForHono(dependencies));
  const remedy = asked && `run \`npm install\` or \`bun install\` in ${asked.folder}`;
  if (before === undefined) {
    // A worker after the first of its generation has nothing new to report.
    if (remedy === undefined || file !== undefined) return undefined;
    return (
      `app ${label}: its package.json lists hono, which is not installed; ` +
      `using the built-in one instead; ${remedy}`
    );
  }
  const lost = `app ${label}: its own hono, ${before}, is no longer installed`;
  // A replacement worker is better than none.
  if (remedy !== undefined && file === undefined) throw new AppError(`${lost}; ${remedy}`);
  return `${lost}; using the built-in one instead${remedy === undefined ? "" : `; ${remedy}`}`;
}

type Manifest = Readonly<Record<string, unknown>>;

function asksForHono(dependencies: unknown): boolean {
  return typeof dependencies === "object" && dependencies !== null && "hono" in dependencies;
}

/** The nearest package.json with the wanted content, from the file's folder upwards. */
function nearestPackage(file: string, isWanted: (content: Manifest) => boolean) {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const content = manifestIn(folder);
    if (content !== undefined && isWanted(content)) return { folder, content };
    if (folder === dirname(folder)) return undefined;
  }
}

function manifestIn(folder: string): Manifest | undefined {
  try {
    const content: unknown = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    return typeof content === "object" && content !== null ? (content as Manifest) : undefined;
  } catch {
    return undefined;
  }
}
