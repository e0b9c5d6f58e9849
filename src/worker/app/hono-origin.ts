// Which Hono an app runs with: one of its own, or the one that is built in. An app that had its own
// is not to lose it in silence, as when `node_modules` is removed under a running server.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { AppSource } from "../../ipc/messages.ts";
import { AppError } from "./app-error.ts";

/** The app's own Hono that this process has loaded, as people know it; undefined: there is none. */
export function ownHono(appFile: string): string | undefined {
  const entry = resolved(appFile);
  if (entry === undefined || !(entry in require.cache)) return undefined;
  const found = nearestPackage(entry, ({ name }) => name === "hono");
  return found === undefined ? entry : `${found.folder} (${String(found.content["version"])})`;
}

/** Where an app's own Hono begins; undefined: it has none. */
function resolved(appFile: string): string | undefined {
  try {
    return Bun.resolveSync("hono", dirname(appFile));
  } catch {
    return undefined;
  }
}

/**
 * Judges an app that has loaded with the built-in Hono. Where the version before had its own and
 * its package.json still asks for one, the installation is broken: throws `AppError`.
 *
 * @returns what is to be told of it; `undefined`: nothing
 */
export function judgeHono({ label, ownHono: before, file }: AppSource, appFile: string) {
  if (appFile === "" || resolved(appFile) !== undefined || !("hono" in require.cache)) {
    return undefined;
  }
  const asked = nearestPackage(appFile, ({ dependencies }) => asksForHono(dependencies));
  const remedy = asked && `run \`npm install\` or \`bun install\` in ${asked.folder}`;
  if (before === undefined) {
    // A worker that follows the first of its generation has nothing new to tell.
    if (remedy === undefined || file !== undefined) return undefined;
    return (
      `app ${label}: its package.json lists hono, which is not installed; ` +
      `using the built-in one instead; ${remedy}`
    );
  }
  const lost = `app ${label}: its own hono, ${before}, is no longer installed`;
  // One worker in the place of another is better than none.
  if (remedy !== undefined && file === undefined) throw new AppError(`${lost}; ${remedy}`);
  return `${lost}; using the built-in one instead${remedy === undefined ? "" : `; ${remedy}`}`;
}

type Manifest = Readonly<Record<string, unknown>>;

function asksForHono(dependencies: unknown): boolean {
  return typeof dependencies === "object" && dependencies !== null && "hono" in dependencies;
}

/** The package.json nearest to a file, from its folder upwards, that is as wanted. */
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
