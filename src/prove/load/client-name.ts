// The arguments that a client of `pounce prove` is started with: they mark it, and `ps` shows them.

const ARGUMENTS = /^client \d+ of prove$/;

export function clientArguments(number: number): string[] {
  return ["client", String(number), "of", "prove"];
}

/** Whether these are the arguments of a client. */
export function areOfClient(argv: readonly string[]): boolean {
  return ARGUMENTS.test(argv.join(" "));
}
