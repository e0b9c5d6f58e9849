// What this executable is called in the help: one with an app inside has a name of its own.
import { basename } from "node:path";
import { embeddedApp } from "../embedded-app.ts";

export function programName(): string {
  return embeddedApp() === undefined ? "pounce" : basename(process.execPath);
}

/** A text about commands, with this executable's name where it has pounce's. */
export function withProgramName(text: string): string {
  const name = programName();
  return name === "pounce" ? text : text.replaceAll(/(?<=^|[\s(`"])pounce(?= \S)/gm, name);
}
