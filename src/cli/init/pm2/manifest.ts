// The scripts of a package: what `npm start` stands for.
import { dirname, join } from "node:path";
import type { Files } from "./files.ts";

interface Manifest {
  readonly folder: string;
  readonly scripts: ReadonlyMap<string, string>;
}

/** The nearest package.json, in the folder or above it. */
export function manifestAbove(start: string, files: Files): Manifest | undefined {
  for (let folder = start; ; folder = dirname(folder)) {
    const text = files.text(join(folder, "package.json"));
    if (text !== undefined) return { folder, scripts: scriptsOf(text) };
    if (folder === dirname(folder)) return undefined;
  }
}

function scriptsOf(text: string): ReadonlyMap<string, string> {
  try {
    const { scripts } = Object(JSON.parse(text)) as { scripts?: unknown };
    const lines = Object.entries(Object(scripts) as Record<string, unknown>);
    return new Map(lines.map(([name, line]) => [name, String(line)]));
  } catch {
    return new Map();
  }
}
