// Server programs of frameworks, each in a folder below `programs`: written as its own
// documentation begins, with what the load asks for, and a version. They know nothing of pounce.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Mode } from "../helpers/load.ts";
import type { Program } from "../helpers/programs.ts";

const folder = fileURLToPath(new URL("programs", import.meta.url));

/** What every program that answers as the fixtures do can do. */
const HTTP: readonly Mode[] = [
  "connect",
  "connect-close",
  "keep-alive",
  "think-time",
  "silent",
  "post",
  "slow-upload",
  "slow-handler",
  "sse",
];

/** Files of a folder, with the version in them. */
async function copy(from: string, to: string, version: string): Promise<void> {
  for (const file of readdirSync(from, { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue;
    const path = join(file.parentPath, file.name);
    const text = readFileSync(path, "utf8").replace(
      'const version = "v0"',
      `const version = ${JSON.stringify(version)}`,
    );
    await Bun.write(join(to, path.slice(from.length)), text);
  }
}

function program(name: string, main = "main.ts", modes: Program["modes"] = HTTP): Program {
  const from = join(folder, name);
  return { name, main, modes, write: (dir, version) => copy(from, dir, version) };
}

export const PROGRAMS = {
  express: program("express"),
} satisfies Readonly<Record<string, Program>>;
