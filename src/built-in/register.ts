// Gives an app the packages that are built into pounce, except those that it has itself.
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

/** Redirects every import of a built-in module in this process to it. Loads nothing yet. */
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
