// Whether a descriptor is a terminal.
import { fstatSync } from "node:fs";

/**
 * Only a character device can be one, and only about those Bun is asked: its module for terminals
 * loads that for sockets too, which would take a start two milliseconds in each process.
 */
export function isTerminal(descriptor: number): boolean {
  if (!isCharacterDevice(descriptor)) return false;
  const { isatty } = require("node:tty") as typeof import("node:tty");
  return isatty(descriptor);
}

function isCharacterDevice(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isCharacterDevice();
  } catch {
    return false; // It is not open.
  }
}
