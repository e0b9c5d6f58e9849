// Opens the control socket of a server. It is a convenience: where none can be had, the server serves.
import type { Config } from "../config/config.ts";
import type { Log } from "../log/logger.ts";
import type { Control } from "../master/control.ts";
import { explain } from "../net/shortage.ts";
import { adminApp } from "./app.ts";
import { type ControlSocket, listenOn } from "./listen.ts";
import { controlSocketPath, prepareFolder } from "./socket-path.ts";

/**
 * Resolves with the socket, or with `undefined` after a warning.
 *
 * @param replaces this server takes over from the one that has the socket now
 */
export async function openControlSocket(
  config: Config,
  control: Control,
  log: Log,
  replaces = false,
): Promise<ControlSocket | undefined> {
  const path = controlSocketPath(config);
  const problem = prepareFolder(path, config.controlSocket === undefined);
  if (problem === undefined) {
    const onError = (error: unknown): void =>
      log(
        "error",
        "control-failed",
        `A request on the control socket has failed: ${explain(error)}`,
      );
    const result = await listenOn(path, adminApp(control).fetch, onError, replaces);
    if (result.ok) return result.socket;
    log("warn", "no-control-socket", `No control socket: ${result.reason}; signals work as ever`);
    return undefined;
  }
  log("warn", "no-control-socket", `No control socket: ${problem}; signals work as ever`);
  return undefined;
}
