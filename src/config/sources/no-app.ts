// Nothing names an app. Where a configuration file is involved, that is most likely a mistake: a
// flag or a key was forgotten.
import { join } from "node:path";
import { embeddedApp } from "../../embedded-app.ts";
import { isFile } from "../../os/paths.ts";

/** The name that `pounce init` gives it. */
const USUAL_NAME = "pounce.toml";

/**
 * The warning where nothing names an app; `undefined`: none.
 * @param given the configuration file as the user gave it
 * @param folder the working directory
 */
export function noAppWarning(given: string | undefined, folder: string): string | undefined {
  if (given !== undefined) return embeddedApp() === undefined ? demoWarning(given) : undefined;
  if (!isFile(join(folder, USUAL_NAME))) return undefined;
  return (
    `${USUAL_NAME} in ${folder} is not read, because no flag names it: ` +
    `to use it, start with \`--config ${USUAL_NAME}\``
  );
}

function demoWarning(given: string): string {
  return (
    `${given} has no key \`app\`, so the built-in demo is served: name your app or server ` +
    'program there, as in app = "./server.ts"'
  );
}
