// Replaces the program of this process with another.
import { ptr } from "bun:ffi";
import { F_SETFD } from "./constants.ts";
import { errno, errorName, libc, SystemError } from "./libc.ts";

/**
 * Goes on as the program at `path`; open files stay open, except those marked close-on-exec. Throws
 * `SystemError` when that is impossible.
 * @param argv its arguments; the first is the name it is called by
 * @param variables replace or extend those that this process was started with; undefined: none is
 *   to have that name
 */
export function replaceProcess(
  path: string,
  argv: readonly string[],
  variables: Readonly<Record<string, string | undefined>>,
): never {
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) libc().unsetenv(text(name));
    else libc().setenv(text(name), text(value), 1);
  }
  const texts = argv.map(text);
  const pointers = new BigUint64Array(texts.length + 1);
  for (const [index, bytes] of texts.entries()) pointers[index] = BigInt(ptr(bytes));
  libc().execv(text(path), pointers);
  throw new SystemError("execv", errorName(errno()));
}

/** A descriptor that is open stays open for the program that replaces this one. */
export function keepOpen(descriptor: number): void {
  libc().fcntl(descriptor, F_SETFD, 0);
}

function text(value: string): Buffer {
  return Buffer.from(`${value}\0`);
}
