// Which folder of src may import from which: an arrow goes to a folder named before it, never back.
import { expect, test } from "bun:test";
import { dirname, join } from "node:path";

/** What anyone but the core may import: constants, and questions that need nothing of ours. */
const ANYONES = new Set(["embedded-app.ts", "exit-codes.ts", "platform.ts", "version.ts"]);

/** The folders, and files that are in none. `import()` and types count as well. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  // Decides, without I/O.
  core: [],
  // Libraries, each of one subject.
  os: [],
  net: ["os"],
  log: ["core", "os"],
  errors: ["log"],
  metrics: [],
  manual: [],
  "built-in": [],
  config: ["core", "log", "net"],
  build: ["built-in", "config", "errors", "os"],
  // What processes say to each other.
  ipc: ["core", "log", "net"],
  admin: ["config", "core", "errors", "ipc", "log", "metrics", "net", "os"],
  tsconfig: ["config", "ipc"],
  // The two kinds of processes of a server know nothing of each other.
  "plain-bun.ts": ["os"],
  worker: [
    "built-in",
    "config",
    "core",
    "errors",
    "ipc",
    "log",
    "metrics",
    "net",
    "os",
    "plain-bun.ts",
    "tsconfig",
  ],
  "terminal.ts": [],
  "signals.ts": ["terminal.ts"],
  master: [
    "admin",
    "config",
    "core",
    "ipc",
    "log",
    "metrics",
    "net",
    "os",
    "signals.ts",
    "tsconfig",
  ],
  // Commands.
  check: ["admin", "config", "errors", "ipc", "master", "net", "os", "tsconfig"],
  cli: [
    "admin",
    "build",
    "check",
    "config",
    "core",
    "log",
    "manual",
    "master",
    "net",
    "os",
    "signals.ts",
  ],
  "main.ts": ["cli", "ipc", "plain-bun.ts", "signals.ts", "worker"],
};

interface Import {
  readonly from: string;
  readonly to: string;
}

async function importsOf(file: string): Promise<Import[]> {
  const text = await Bun.file(join("src", file)).text();
  const found = text.matchAll(
    /^(?:import|export|\} from|.*\b(?:import|require)\()[^"\n]*"(\.[^"]+)"/gm,
  );
  return [...found].map(([, path = ""]) => ({ from: file, to: join(dirname(file), path) }));
}

const files = [...new Bun.Glob("**/*.ts").scanSync("src")];
const imports = (await Promise.all(files.map(importsOf))).flat();
const first = (path: string): string => path.split("/", 1)[0] ?? path;

test("imports go along the arrows", () => {
  expect(imports.length).toBeGreaterThan(files.length);
  const wrong = imports.filter(({ from, to }) => {
    const [a, b] = [first(from), first(to)];
    const isAnyones = ANYONES.has(b) && a !== "core";
    return a !== b && !isAnyones && !ANYONES.has(a) && MAY_IMPORT[a]?.includes(b) !== true;
  });
  expect(wrong).toEqual([]);
});

test("each arrow is one that is used, and goes to what is named before it", () => {
  const used = new Set(imports.map(({ from, to }) => `${first(from)} → ${first(to)}`));
  const folders = Object.keys(MAY_IMPORT);
  const drawn = folders.flatMap((from) => (MAY_IMPORT[from] ?? []).map((to) => ({ from, to })));
  expect(drawn.filter(({ from, to }) => !used.has(`${from} → ${to}`))).toEqual([]);
  expect(
    drawn.filter(({ from, to }) => !folders.slice(0, folders.indexOf(from)).includes(to)),
  ).toEqual([]);
});
