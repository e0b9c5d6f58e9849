// Apps of test/fixtures as source text, with the version that they should report.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = new URL("../fixtures/", import.meta.url);

/** The repository's own packages; apps in temporary folders get a symlink to them. */
export const nodeModules = fileURLToPath(new URL("../../node_modules", import.meta.url));

/**
 * The source of `test/fixtures/<name>.ts`; its `const version = "v0"` becomes the given one. What
 * does not even parse is kept as `<name>.ts.txt`, out of reach of formatter and type checker.
 */
export function fixture(name: string, version = "v0"): string {
  const module = new URL(`${name}.ts`, folder);
  const source = readFileSync(
    existsSync(module) ? module : new URL(`${name}.ts.txt`, folder),
    "utf8",
  );
  return source.replace('const version = "v0"', `const version = ${JSON.stringify(version)}`);
}

/** The Hono app that answers every mode of the load. */
export function honoApp(version: string): string {
  return fixture("hono", version);
}
