// Pipes for the output of workers. Bun's own are sockets, which an app cannot open as /dev/stdout.
import { closeSync, openSync } from "node:fs";
import { F_SETFL, O_CLOEXEC, O_NONBLOCK } from "./constants.ts";
import { checked, libc } from "./libc.ts";

/**
 * A pipe that is read without blocking, and written to as a worker expects. Throws `SystemError`.
 */
export function makePipe(): readonly [readEnd: number, writeEnd: number] {
  const ends = new Int32Array(2);
  checked("pipe2", libc().pipe2(ends, O_CLOEXEC));
  const [readEnd, writeEnd] = [ends[0] as number, ends[1] as number];
  checked("fcntl", libc().fcntl(readEnd, F_SETFL, O_NONBLOCK));
  return [readEnd, writeEnd];
}

/**
 * Discards what this process prints from now on: printing to a pipe that nobody reads would fail.
 * The pipe's descriptor is closed first, as there may be no others. Throws.
 */
export function discardOutput(): void {
  libc().close(1);
  const nowhere = openSync("/dev/null", "w");
  libc().dup3(nowhere, 2, 0);
  if (nowhere !== 1) closeSync(nowhere);
  // Unlike the one that was opened, this one is passed on to the app's child processes too.
  libc().dup3(2, 1, 0);
}
