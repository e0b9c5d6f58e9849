// Leaves packages out of an executable that another package asks for only as it runs, and that are
// not installed: Nest's `require("@nestjs/microservices")`, for example, which only those reach who
// use it. What is imported where a module begins must be there, and so must all that the app itself
// names.
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
      WHILE_RUNNING.has(kind) && isPackagesOwn(importer) && !isFound(path, importer)
        ? { path, external: true }
        : undefined,
    );
  },
};

function isPackagesOwn(file: string): boolean {
  return file.includes("/node_modules/");
}
