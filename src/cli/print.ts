// Writes the result of a command to stdout, whole, however slowly it is read.

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

let printing: Promise<void> = Promise.resolve();

/** Prints after what is being printed. See `printed`. */
export function printLater(text: string): void {
  printing = printing.then(() => print(text));
  // `printed` throws it. Until that is called it must not count as unhandled.
  printing.catch(() => undefined);
}

/** Resolves when all of that is written. Throws `OutputError`. */
export function printed(): Promise<void> {
  return printing;
}

/** Prints an answer as one line of JSON. Throws `OutputError`. */
export function printJson(value: unknown): Promise<void> {
  return print(`${JSON.stringify(value)}\n`);
}
