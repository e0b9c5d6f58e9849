// The path of a Unix socket, or its abstract name: whether it can be listened on, and if not, who
// or what is in the way.
import { dirname } from "node:path";
import { isWorkerCommand } from "../../ipc/worker-name.ts";
import { formatAddress, type UnixAddress } from "../../net/address.ts";
import { type Holder, holdersOfPath } from "../../net/probe.ts";
import { isAbstract } from "../../net/unix-address.ts";
import { occupantOf } from "../../net/unix-listener.ts";
import { isFolder } from "../../os/paths.ts";
import { codeOf } from "../../os/shortage.ts";

const POLL_MS = 50;

/** Makes the socket, or looks whether it could be made. `undefined`: it worked, else an error. */
type Try = (path: string) => string | undefined;

/**
 * Why it cannot be listened on, as one line; `undefined` if it can. A socket file at which nobody
 * listens is no obstacle, nor one at which only workers listen whose master has died: they serve
 * what they have while the path leads to the new socket. An abstract name is free when they end,
 * which is waited for up to `waitMs`.
 */
export async function pathProblem(
  address: UnixAddress,
  waitMs: number,
  attempt: Try,
): Promise<string | undefined> {
  const { path } = address;
  const untilMs = performance.now() + waitMs;
  for (;;) {
    const obstacle = obstacleAt(path);
    if (obstacle !== undefined && obstacle !== ORPHANS) return cannot(address, obstacle);
    const isFree = obstacle === undefined || !isAbstract(path);
    const error = isFree ? attempt(path) : "EADDRINUSE";
    if (error === undefined) return undefined;
    if (error !== "EADDRINUSE" || performance.now() >= untilMs) {
      return cannot(address, wordsFor(error, dirname(path)));
    }
    await Bun.sleep(POLL_MS);
  }
}

const ORPHANS = "workers whose master has died";

/**
 * The same once more, when the path is about to lead to our socket: another server may have started
 * at the same time, and have been faster.
 */
export function pathTaken(address: UnixAddress): string | undefined {
  const obstacle = obstacleAt(address.path);
  return obstacle === undefined || obstacle === ORPHANS ? undefined : cannot(address, obstacle);
}

function obstacleAt(path: string): string | undefined {
  try {
    const occupant = occupantOf(path);
    switch (occupant.is) {
      case "nobody":
        return undefined;
      case "file":
        return "there is a file that is no socket: remove it, or choose another path";
      case "server": {
        const holders = occupant.name === undefined ? [] : holdersOfPath(occupant.name);
        const isLeft = holders.length > 0 && holders.every((it) => isWorkerCommand(it.command));
        return isLeft ? ORPHANS : `the address is in use by ${who(holders, occupant.pid)}`;
      }
      default:
        return occupant satisfies never;
    }
  } catch (error) {
    return wordsFor(codeOf(error) ?? String(error), dirname(path));
  }
}

function who(holders: readonly Holder[], pid: number | undefined): string {
  const parents = new Set(holders.map(({ parent }) => parent));
  const holder = holders.find((it) => parents.has(it.pid)) ?? holders[0];
  if (holder !== undefined) return `process ${holder.pid} (${holder.command})`;
  return pid === undefined ? "another process" : `process ${pid}`;
}

function wordsFor(error: string, folder: string): string {
  switch (error) {
    case "ENOENT":
    case "ENOTDIR":
      return `there is no folder ${folder}: create it`;
    case "EACCES":
    case "EPERM":
      return isFolder(folder)
        ? `this user may not write to the folder ${folder}, or not use what is there: chown it`
        : `this user may not enter the folder ${folder}`;
    case "EROFS":
      return `the folder ${folder} is on a file system that is read-only`;
    case "EADDRINUSE":
      return "the address is in use";
    default:
      return error;
  }
}

function cannot(address: UnixAddress, why: string): string {
  return `Cannot listen on ${formatAddress(address)}: ${why}`;
}
