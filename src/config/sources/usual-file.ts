// The configuration file that is read although nobody names it: the one in the working directory.
import { join } from "node:path";
import { isFile } from "../../os/paths.ts";
import { embeddedApp } from "../../embedded-app.ts";
import type { Environment } from "./environment.ts";

/** The name that `pounce init` gives it. */
const USUAL_NAME = "pounce.toml";

/**
 * The name of the file that is read where no argument names a file or an app; undefined: none. Its
 * settings need not be meant for another app, such as the one inside this executable.
 * @param cwd the working directory
 */
export function usualFile(env: Environment, cwd: string): string | undefined {
  const namesApp = env["POUNCE_APP"] !== undefined || embeddedApp() !== undefined;
  return !namesApp && isFile(join(cwd, USUAL_NAME)) ? USUAL_NAME : undefined;
}
