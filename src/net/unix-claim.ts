// The path of a server belongs to it from the moment that it was found free, as an address does
// (claim.ts). Here it is the server's own listening socket, made already, at a hidden name: the
// path leads to it when the first worker is about to serve.
import { closeDescriptor } from "../os/descriptors.ts";
import { SystemError } from "../os/libc.ts";
import { listenHidden, publish, removeLeftovers, withdraw } from "./unix-listener.ts";

/** The sockets that nobody has taken, by path. */
const claims = new Map<string, number>();

/**
 * Makes the socket. `undefined` when it is made, else the error's name.
 * @param mode its file's
 * @param gid the group of its file; left out: this process's
 */
export function claimPath(path: string, mode: number, gid?: number): string | undefined {
  if (claims.has(path)) return undefined;
  if (!isWatched) process.once("exit", releaseAll);
  isWatched = true;
  removeLeftovers(path);
  try {
    claims.set(path, listenHidden(path, mode, gid));
    return undefined;
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    if (typeof code !== "string") throw error;
    return code;
  }
}

/** A start that fails leaves no hidden name behind. */
let isWatched = false;

function releaseAll(): void {
  for (const path of claims.keys()) releasePath(path);
}

/** Gives up a claim, if there is one. */
export function releasePath(path: string): void {
  const listener = claims.get(path);
  if (listener === undefined) return;
  claims.delete(path);
  withdraw(listener, path);
  closeDescriptor(listener);
}

/**
 * The claimed socket, to which the path leads from now on. Throws `SystemError` if there is none,
 * or the path cannot lead to it.
 */
export function takePath(path: string): number {
  const listener = claims.get(path);
  // The claim is given up when no worker comes in time.
  if (listener === undefined) throw new SystemError("bind", "EADDRINUSE");
  publish(listener, path);
  claims.delete(path);
  return listener;
}
