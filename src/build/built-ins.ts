// Leaves built-in modules out of an executable where the app has no such package of its own: pounce
// provides them, as it does for an app that is served from its sources.
import { BUILT_IN_MODULES } from "../built-in/hono.ts";
import { isFound } from "../built-in/register.ts";

export const leaveBuiltInsOut: Bun.BunPlugin = {
  name: "built-in modules of pounce",
  setup(build) {
    build.onResolve({ filter: /^hono($|\/)/ }, ({ path, importer }) =>
      Object.hasOwn(BUILT_IN_MODULES, path) && !isFound(path, importer)
        ? { path, external: true }
        : undefined,
    );
  },
};
