// What this executable is called in the help: one with an app inside has a name of its own.
import { basename } from "node:path";
import type { Key } from "../config/schema/keys.ts";
import { embeddedApp } from "../embedded-app.ts";

export function programName(): string {
  return embeddedApp() === undefined ? "pounce" : basename(process.execPath);
}

/**
 * What holds, in words, where a key has no default value: an executable with an app serves that.
 */
export function unsetText({ name, unset }: Pick<Key, "name" | "unset">): string | undefined {
  return name === "app" && embeddedApp() !== undefined ? "the one inside" : unset;
}

/**
 * A text about commands, with this executable's name where it has pounce's; two only plain pounce
 * has.
 */
export function withProgramName(text: string): string {
  const name = programName();
  return name === "pounce"
    ? text
    : text.replaceAll(/(?<=^|[\s(`"])pounce(?= (?!init|build)\S)/gm, name);
}
