// What the help calls this executable: one with an app inside has its own name.
import { basename } from "node:path";
import type { Key } from "../config/schema/keys.ts";
import { embeddedApp } from "../embedded-app.ts";

export function programName(): string {
  return embeddedApp() === undefined ? "pounce" : basename(process.execPath);
}

/**
 * What applies, in words, where a key has no default value: an executable with an app serves that
 * app.
 */
export function unsetText({ name, unset }: Pick<Key, "name" | "unset">): string | undefined {
  return name === "app" && embeddedApp() !== undefined ? "the one inside" : unset;
}

/**
 * A text about commands that uses this executable's name for pounce, except in the commands
 * that only plain pounce has.
 */
export function withProgramName(text: string): string {
  const name = programName();
  return name === "pounce"
    ? text
    : text.replaceAll(/(?<=^|[\s(`"])pounce(?= (?!init|build|dev)\S)/gm, name);
}
