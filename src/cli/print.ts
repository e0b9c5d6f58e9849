// Writes the whole result of a command to stdout, however slowly it is read.

/** Stdout does not accept what is written. The message is for people. */
export class OutputError extends Error {}

/**
 * Resolves when everything has been taken. A reader that stops early, such as `head`, is not an
 * error. Throws `OutputError`.
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

/** Prints after what is already being printed. See `printed`. */
export function printLater(text: string): void {
  printing = printing.then(() => print(text));
  // `printed` throws the error. Until it is called, the rejection must not count as unhandled.
  printing.catch(() => undefined);
}

/** Resolves when everything is written. Throws `OutputError`. */
export function printed(): Promise<void> {
  return printing;
}

/** Prints an answer as one line of JSON. Throws `OutputError`. */
export function printJson(value: unknown): Promise<void> {
  return print(`${JSON.stringify(value)}\n`);
}
