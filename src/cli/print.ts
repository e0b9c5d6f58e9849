/** Writes the result of a command to stdout, whole, however slowly it is read. */

/** Stdout does not take what is written. The message is for people. */
export class OutputError extends Error {}

/**
 * Resolves when all has been taken. A reader that wants no more, such as `head`, is no mistake.
 * Throws `OutputError`.
 */
export async function print(text: string): Promise<void> {
  try {
    await Bun.write(Bun.stdout, text);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    if (code !== "EPIPE") throw new OutputError(`stdout cannot be written (${code})`);
  }
}

/** Prints an answer as one line of JSON. Throws `OutputError`. */
export function printJson(value: unknown): Promise<void> {
  return print(`${JSON.stringify(value)}\n`);
}
