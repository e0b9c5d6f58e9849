// Makes the app find its process as under `bun app.ts`: which program it is, and how it was called.
import { accessSync, constants } from "node:fs";
import { plainBunPath } from "../../plain-bun.ts";
import { here } from "../../platform.ts";

/**
 * @param file the app's module, which is `import.meta.main` to itself
 * @param args what follows the module in `process.argv`
 */
export function poseAsBun(file: string, args: readonly string[]): void {
  const path = plainBunPath(process.pid);
  if (here.hasProc && isExecutable(path)) process.execPath = path;
  else tellByVariable();
  Reflect.set(Bun, "main", file);
  process.argv.splice(0, process.argv.length, process.execPath, file, ...args);
  // Options that pounce was compiled with.
  process.execArgv.length = 0;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

type Spawn = (first: object, ...rest: readonly object[]) => unknown;

/**
 * Where no path stands for Bun, a variable tells children to be Bun; the app can see it. If no
 * environment is named, Bun gives children the one that it was started with: so it is named.
 */
function tellByVariable(): void {
  process.env["BUN_BE_BUN"] = "1";
  const { env } = process;
  for (const name of ["spawn", "spawnSync"] as const) {
    const original = Bun[name] as Spawn;
    const spawn: Spawn = (first, second) =>
      Array.isArray(first) ? original(first, { env, ...second }) : original({ env, ...first });
    Reflect.set(Bun, name, spawn);
  }
}
