// Leaves packages out of an executable that another package asks for only as it runs, and that are
// not installed: Nest's `require("@nestjs/microservices")`, for example, which only those reach who
// use it. What is imported where a module begins must be there, and so must all that the app itself
// names.
import { createRequire } from "node:module";
import { isFound } from "../built-in/register.ts";

const WHILE_RUNNING: ReadonlySet<string> = new Set([
  "require-call",
  "require-resolve",
  "dynamic-import",
]);

export const leaveOptionalPackagesOut: Bun.BunPlugin = {
  name: "packages that are asked for only as a package runs",
  setup(build) {
    build.onResolve({ filter: /^[@\w]/ }, ({ path, importer, kind }) =>
      WHILE_RUNNING.has(kind) && isPackagesOwn(importer) && !isThere(path, importer)
        ? { path, external: true }
        : undefined,
    );
  },
};

/** Some packages are there for `import` alone, some for `require` alone. */
function isThere(path: string, importer: string): boolean {
  return isFound(path, importer) || isFoundByRequire(path, importer);
}

function isFoundByRequire(path: string, importer: string): boolean {
  try {
    createRequire(importer).resolve(path);
    return true;
  } catch {
    return false;
  }
}

function isPackagesOwn(file: string): boolean {
  return file.includes("/node_modules/");
}
