// Opens the control socket of a server. It is a convenience: where none can be had, the server serves.
import { readlinkSync, rmSync, symlinkSync } from "node:fs";
import { dirname } from "node:path";
import type { Config } from "../config/config.ts";
import type { Logger } from "../log/logger.ts";
import type { Control } from "../master/control.ts";
import { replaceFile, statsAt } from "../net/replace-file.ts";
import { explain } from "../net/shortage.ts";
import { adminApp } from "./app.ts";
import { ask } from "./client.ts";
import { type ControlSocket, listenOn } from "./listen.ts";
import { prepareRuntimeFolder } from "./runtime-folder.ts";
import { serverCard } from "./server-card.ts";
import { controlSocketPath, LONGEST_PATH, registeredPath } from "./socket-path.ts";
import { unitOf } from "./unit.ts";

/** What a control socket speaks for. */
export interface Served {
  readonly config: Config;
  readonly control: Control;
  readonly logger: Logger;
}

/**
 * Resolves with the socket, or with `undefined` after a warning.
 *
 * @param replaces this server takes over from the one that has the socket now
 */
export async function openControlSocket(
  served: Served,
  replaces = false,
): Promise<ControlSocket | undefined> {
  const { config, logger } = served;
  const path = controlSocketPath(config);
  const problem = pathProblem(path, config.controlSocket === undefined);
  const ended = Promise.withResolvers<void>();
  const app = adminApp(served.control, () => cardOf(served, path), ended.promise);
  const onError = (error: unknown): void => {
    const words = `A request on the control socket has failed: ${explain(error)}`;
    logger.log("error", "control-failed", words);
  };
  const result: Awaited<ReturnType<typeof listenOn>> =
    problem === undefined
      ? await listenOn(path, app.fetch, onError, replaces)
      : { ok: false, reason: problem };
  if (!result.ok) {
    const words = `No control socket: ${result.reason}; signals work as ever`;
    logger.log("warn", "no-control-socket", words);
    return undefined;
  }
  const { socket } = result;
  const link = config.controlSocket === undefined ? undefined : await register(config, path);
  return {
    isGone: socket.isGone,
    retire: socket.retire,
    async close() {
      ended.resolve();
      if (link !== undefined && isLinkTo(link, path)) rmSync(link, { force: true });
      await socket.close();
    },
  };
}

/** Why there can be no control socket at a path, as far as is known before it is tried. */
export function pathProblem(path: string, isOurs: boolean): string | undefined {
  if (Buffer.byteLength(path) > LONGEST_PATH) return `${path} is longer than ${LONGEST_PATH} bytes`;
  return isOurs ? prepareRuntimeFolder(dirname(path)) : undefined;
}

function cardOf({ config, control, logger }: Served, path: string) {
  const { state } = control.loop;
  const { host, port } = config;
  const wanted =
    port === 0 ? [] : host.map((one) => `${one.includes(":") ? `[${one}]` : one}:${port}`);
  const listening = control.listeners.addresses;
  const addresses = listening.length > 0 ? listening : wanted;
  const unit = unitOf(process.env);
  return serverCard({ config, path, state, addresses, logFile: logger.file, unit });
}

/**
 * Leaves a link where commands look for servers, to a socket that is elsewhere. Where that cannot be,
 * the server is found by its `control_socket` alone.
 */
async function register(config: Config, path: string): Promise<string | undefined> {
  const link = registeredPath(config);
  if (link === path || prepareRuntimeFolder(dirname(link)) !== undefined) return undefined;
  const isThere = statsAt(link) !== undefined;
  // A server that runs keeps its own.
  if (isThere && !isLinkTo(link, path) && (await ask(link, "GET", "/server")).kind !== "nobody") {
    return undefined;
  }
  const problem = replaceFile(link, (temporary) => symlinkSync(path, temporary));
  return problem === undefined ? link : undefined;
}

function isLinkTo(link: string, path: string): boolean {
  try {
    return readlinkSync(link) === path;
  } catch {
    return false;
  }
}
