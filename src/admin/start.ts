// Opens the control socket of a server. It is a convenience: without one, the server still serves.
import { readlinkSync, rmSync, symlinkSync } from "node:fs";
import { dirname } from "node:path";
import type { Config } from "../config/config.ts";
import type { Logger } from "../log/logger.ts";
import { replaceFile, statsAt } from "../os/replace-file.ts";
import { explain } from "../os/shortage.ts";
import { here } from "../platform.ts";
import { adminApp } from "./app.ts";
import { askCard } from "./client.ts";
import type { ControlApi } from "./control-api.ts";
import { type ControlSocket, listenOn, type ListenResult } from "./listen.ts";
import { prepareRuntimeFolder } from "./runtime-folder.ts";
import type { ServerCard } from "./protocol.ts";
import { controlSocketPath, registeredBeside, registeredPath } from "./socket-path.ts";

/** What a control socket speaks for. */
export interface Served {
  readonly config: Config;
  readonly control: ControlApi;
  /** What the server says about itself, with its socket at `path`. */
  readonly card: (path: string) => ServerCard;
  readonly logger: Logger;
}

/**
 * Resolves with the socket, or with the reason why there can be none now.
 *
 * @param predecessor the process that this one takes over from
 */
export async function openControlSocket(
  served: Served,
  predecessor?: number,
): Promise<ListenResult> {
  const { config } = served;
  const first = await open(served, controlSocketPath(config), predecessor);
  // Another server of the same file or address has the usual name.
  const isOurs = config.controlSocket === undefined;
  if (first.ok || !isOurs) return first;
  const beside = await open(served, registeredBeside(config), predecessor);
  return beside.ok ? beside : first;
}

async function open(
  served: Served,
  path: string,
  predecessor: number | undefined,
): Promise<ListenResult> {
  const { config, control, card, logger } = served;
  const isOurs = config.controlSocket === undefined;
  const problem = pathProblem(path, isOurs);
  if (problem !== undefined) return { ok: false, reason: problem };
  const app = adminApp(control, () => card(path));
  const onError = (error: unknown): void => {
    const words = `A request on the control socket failed: ${explain(error)}`;
    logger.log("error", "control-failed", words);
  };
  const result = await listenOn(path, app.fetch, onError, predecessor);
  if (!result.ok) return result;
  const link = isOurs ? undefined : await register(config, path);
  if (link === undefined) return result;
  const isShared = link === registeredPath(config);
  return { ok: true, socket: withLink(result.socket, path, link, isShared) };
}

/**
 * A socket with the link at which commands look for it.
 *
 * @param isShared the link has the usual name: to a server that has its own socket at `path` by
 *   now, such as a successor, it is of use
 */
function withLink(
  socket: ControlSocket,
  path: string,
  link: string,
  isShared: boolean,
): ControlSocket {
  return {
    ...socket,
    isGone: () => socket.isGone() || statsAt(link) === undefined,
    async close() {
      const isOfUse = isShared && socket.isReplaced();
      if (!isOfUse && isLinkTo(link, path)) rmSync(link, { force: true });
      await socket.close();
    },
  };
}

/** Why there can be no control socket at a path, as far as one can tell without trying. */
export function pathProblem(path: string, isOurs: boolean): string | undefined {
  if (Buffer.byteLength(path) > here.socketPathBytes) {
    return `${path} is longer than ${here.socketPathBytes} bytes`;
  }
  return isOurs ? prepareRuntimeFolder(dirname(path)) : undefined;
}

/**
 * For a socket that is elsewhere, puts a link where commands look for servers. Where that is
 * impossible, the server is found by its `control_socket` only.
 */
async function register(config: Config, path: string): Promise<string | undefined> {
  const usual = registeredPath(config);
  if (usual === path || prepareRuntimeFolder(dirname(usual)) !== undefined) return undefined;
  const isThere = statsAt(usual) !== undefined && !isLinkTo(usual, path);
  // A running server keeps its own link.
  const isFree = !isThere || (await askCard(usual)).kind === "nobody";
  const link = isFree ? usual : registeredBeside(config);
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
