// Has the app find its process as it does under `bun app.ts`: which program it is, and what it was called by.
import { accessSync, constants } from "node:fs";
import { here } from "../platform.ts";
import { plainBunPath } from "../plain-bun.ts";

/** @param file the app's module; "": it is in the executable, whose own module stands for it */
export function poseAsBun(file: string): void {
  const path = plainBunPath(process.pid);
  if (here.sharesAddresses && isExecutable(path)) process.execPath = path;
  // Without such a path children are told by a variable, which the app can see.
  else process.env["BUN_BE_BUN"] = "1";
  if (file !== "") Reflect.set(Bun, "main", file);
  process.argv.splice(0, process.argv.length, process.execPath, Bun.main);
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
