// Gives an app the packages that are built into pounce, those that it has not got itself.
import { dirname } from "node:path";
import { nameClasses } from "./class-names.ts";
import { BUILT_IN_MODULES } from "./hono.ts";

/** Whether `specifier` is found from a file, as Bun finds packages. */
export function isFound(specifier: string, from: string): boolean {
  try {
    Bun.resolveSync(specifier, dirname(from));
    return true;
  } catch {
    return false;
  }
}

/** Has every import of a built-in module in this process lead to it. Nothing is loaded yet. */
export function registerBuiltIns(): void {
  Bun.plugin({
    name: "built-in modules of pounce",
    setup(build) {
      for (const [specifier, load] of Object.entries(BUILT_IN_MODULES)) {
        build.module(specifier, async () => ({
          loader: "object",
          exports: nameClasses({ ...(await load()) }),
        }));
      }
    },
  });
}
