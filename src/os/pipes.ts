// Pipes for what workers print. Bun's own are sockets, which an app cannot open as /dev/stdout.
import { closeSync, openSync } from "node:fs";
import { F_SETFL, O_CLOEXEC, O_NONBLOCK } from "./constants.ts";
import { checked, libc } from "./libc.ts";

/**
 * A pipe that is read without blocking, and written as a worker expects it. Throws `SystemError`.
 */
export function makePipe(): readonly [readEnd: number, writeEnd: number] {
  const ends = new Int32Array(2);
  checked("pipe2", libc().pipe2(ends, O_CLOEXEC));
  const [readEnd, writeEnd] = [ends[0] as number, ends[1] as number];
  checked("fcntl", libc().fcntl(readEnd, F_SETFL, O_NONBLOCK));
  return [readEnd, writeEnd];
}

/**
 * Has this process print nowhere from now on: to a pipe that nobody reads it would fail. There may
 * be no more descriptors: the pipe's is given back first. Throws.
 */
export function discardOutput(): void {
  libc().close(1);
  const nowhere = openSync("/dev/null", "w");
  libc().dup3(nowhere, 2, 0);
  if (nowhere !== 1) closeSync(nowhere);
  // Unlike the one that was opened, it is for the app's children as well.
  libc().dup3(2, 1, 0);
}
