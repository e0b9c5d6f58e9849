// The launcher of the npm package (scripts/package/launcher.sh): it starts the executable, whose
// own path may have a version in it, and says by which path the next version will be found.

/** The variable in which it does. No worker gets it: the apps' children are not started by it. */
export const LAUNCHER_VARIABLE = "POUNCE_LAUNCHER";

/** The absolute path of the launcher that has started this process; undefined: none has. */
export function launcherPath(): string | undefined {
  const path = process.env[LAUNCHER_VARIABLE];
  return path?.startsWith("/") ? path : undefined;
}
