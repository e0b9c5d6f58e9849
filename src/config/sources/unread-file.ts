// A configuration file that is there and is not read: most likely a flag was forgotten.
import { join } from "node:path";
import { isFile } from "../../os/paths.ts";

/** The name that `pounce init` gives it. */
const USUAL_NAME = "pounce.toml";

/**
 * What is told where neither a configuration file nor an app is given and the folder has a file of
 * the usual name; `undefined`: nothing.
 */
export function unreadFileWarning(folder: string): string | undefined {
  if (!isFile(join(folder, USUAL_NAME))) return undefined;
  return (
    `${USUAL_NAME} in ${folder} is not read, because no flag names it: ` +
    `to use it, start with \`--config ${USUAL_NAME}\``
  );
}
