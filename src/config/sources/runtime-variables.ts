// Variables that change the runtime inside this executable, or that people expect to: the log says
// at the start what each of them does, since somebody may wonder about it.
import type { Environment } from "./environment.ts";

const TOLD: readonly (readonly [name: RegExp, what: string])[] = [
  [
    /^BUN_INSPECT/,
    "it opens a debugger in the master; the workers, which run the app, do not get it: " +
      "debug the app with `pounce dev --inspect`",
  ],
  [/^BUN_OPTIONS$/, "Bun reads it in the master before pounce starts; workers do not get it"],
  [/^NODE_OPTIONS$/, "it has no effect: apps run in Bun, which does not read it"],
];

/** A line for each that is set. */
export function runtimeNotes(env: Environment): string[] {
  return Object.entries(env).flatMap(([name, value]) => {
    const [, what] = TOLD.find(([pattern]) => pattern.test(name)) ?? [];
    return what === undefined || value === undefined || value === ""
      ? []
      : [`${name} is set: ${what}`];
  });
}
