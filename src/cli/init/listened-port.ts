// The port that a program's source says it listens on, where it does not ask for `PORT`.
import { readFileSync } from "node:fs";

const LISTENED = /\blisten\(\s*(?:\{[^}]*?\bport\s*:\s*)?(\d{2,5})\b|\bport\s*:\s*(\d{2,5})\b/;

/**
 * The port; undefined: the file names none, or asks for the one it is given.
 * @param path of the app's module
 */
export function listenedPort(path: string): number | undefined {
  let source: string;
  try {
    source = readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
  if (/\bPORT\b/.test(source)) return undefined;
  const [, first, second] = LISTENED.exec(source) ?? [];
  const port = Number(first ?? second);
  return port > 0 && port < 65_536 ? port : undefined;
}
