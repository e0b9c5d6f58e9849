/** Writes the result of a command to stdout, whole, however slowly it is read. */

/** Resolves when all has been taken. A reader that wants no more, such as `head`, is no mistake. */
export async function print(text: string): Promise<void> {
  try {
    await Bun.write(Bun.stdout, text);
  } catch (error) {
    const isReaderGone = error instanceof Error && "code" in error && error.code === "EPIPE";
    if (!isReaderGone) throw error;
  }
}
