// A configuration file that exists but is not read: most likely a flag was forgotten.
import { join } from "node:path";
import { isFile } from "../../os/paths.ts";

/** The name that `pounce init` gives it. */
const USUAL_NAME = "pounce.toml";

/**
 * The warning if neither a configuration file nor an app is given and the folder has a file of the
 * usual name; `undefined`: none.
 */
export function unreadFileWarning(folder: string): string | undefined {
  if (!isFile(join(folder, USUAL_NAME))) return undefined;
  return (
    `${USUAL_NAME} in ${folder} is not read, because no flag names it: ` +
    `to use it, start with \`--config ${USUAL_NAME}\``
  );
}
