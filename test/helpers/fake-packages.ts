// A node_modules with the launcher of the npm package and executables that only tell how they were
// started, laid out as the package managers do.
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { version } from "../../package.json";
import { launcher } from "../../scripts/package/npm.ts";
import { finished } from "./finished.ts";

const text = launcher(fileURLToPath(new URL("../..", import.meta.url)), version);

/** What a launcher finds on its system. */
export interface System {
  /** As `uname -sm` says. */
  readonly uname: string;
  readonly hasGlibc: boolean;
  readonly hasMusl: boolean;
}

const LINUX: System = { uname: "Linux x86_64", hasGlibc: true, hasMusl: false };

/** Tells how it was started, one thing a line, and exits with 7. */
const TELLS = `#!/bin/sh
[ "$1" = --version ] && exit 0
printf '%s\\n' "$0" "$$" "$POUNCE_LAUNCHER" "$@"
exit 7
`;

/** A file that is there, or is not. */
function loader(isThere: boolean): string {
  return isThere ? "/" : "/not-there";
}

function write(path: string, content: string, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  chmodSync(path, mode);
}

const made: string[] = [];

export function removeFakePackages(): void {
  for (const dir of made.splice(0)) rmSync(dir, { recursive: true });
}

export class FakePackages {
  readonly dir = realpathSync(mkdtempSync(join(tmpdir(), "pounce packages ")));

  constructor() {
    made.push(this.dir);
  }

  /** The package `pounce` in a folder below. */
  main(folder: string, system: Partial<System> = {}): this {
    const { uname, hasGlibc, hasMusl } = { ...LINUX, ...system };
    const adapted = text
      .replace("$(command -p uname -sm)", `'${uname}'`)
      .replaceAll(/glibc=\S+ musl=\S+/g, `glibc=${loader(hasGlibc)} musl=${loader(hasMusl)}`);
    write(join(this.dir, folder, "bin/pounce"), adapted, 0o755);
    return this;
  }

  /** The package of a platform, in a node_modules below. */
  platform(nodeModules: string, name: string, given: Partial<PlatformPackage> = {}): this {
    const folder = join(this.dir, nodeModules, "@pounce", name);
    const manifest = { name: `@pounce/${name}`, version: given.version ?? version };
    write(join(folder, "package.json"), JSON.stringify(manifest, null, 2));
    write(join(folder, "bin/pounce"), given.program ?? TELLS, given.mode ?? 0o755);
    return this;
  }

  link(path: string, target: string): this {
    mkdirSync(dirname(join(this.dir, path)), { recursive: true });
    symlinkSync(target, join(this.dir, path));
    return this;
  }

  /** What pnpm puts into node_modules/.bin. */
  shim(path: string, target: string): this {
    const lines = ["#!/bin/sh", "basedir=${0%/*}", `exec /bin/sh "$basedir/${target}" "$@"`, ""];
    write(join(this.dir, path), lines.join("\n"), 0o755);
    return this;
  }

  /** Runs a file below with an empty environment. */
  async run(path: string, { shell = [], args = [], cwd = "/", env = {} }: Partial<Run> = {}) {
    const argv = [...shell, cwd === "/" ? join(this.dir, path) : path, ...args];
    const where = cwd === "/" ? cwd : join(this.dir, cwd);
    const child = Bun.spawn(argv, { cwd: where, env, stdout: "pipe", stderr: "pipe" });
    const { code, stdout, stderr } = await finished(child);
    const [executable, pid, called, ...rest] = stdout.split("\n").slice(0, -1);
    const within = (it = ""): string => it.replace(`${this.dir}/`, "");
    const told = { executable: within(executable), called: within(called), args: rest };
    return { code, stderr: within(stderr), keptPid: Number(pid) === child.pid, ...told };
  }
}

interface PlatformPackage {
  readonly version: string;
  readonly program: string;
  readonly mode: number;
}

interface Run {
  readonly shell: readonly string[];
  readonly args: readonly string[];
  /** A folder below; "/": none, and the file is called by its absolute path. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}
