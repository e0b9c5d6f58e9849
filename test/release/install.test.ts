// scripts/install.sh against a release made up here, served over HTTP, in each shell that there is.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { YAML } from "bun";
import { file, tarGz } from "../../scripts/archive.ts";
import { finished } from "../helpers/finished.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const script = join(root, "scripts", "install.sh");

/** A release of two versions' worth of scripts that say what they are. */
const files = new Map<string, Uint8Array<ArrayBuffer> | string>();

function archive(text: string): Uint8Array<ArrayBuffer> {
  return tarGz([file("pounce", text, 0o755), file("LICENSE", "MIT")], 0);
}

function publish(target: string, text = `#!/bin/sh\necho "pounce 1.2.3 (${target})"\n`): void {
  files.set(`pounce-1.2.3-${target}.tar.gz`, archive(text));
}

function sums(): string {
  return [...files]
    .filter(([name]) => name.endsWith(".tar.gz"))
    .map(
      ([name, content]) =>
        `${new Bun.CryptoHasher("sha256").update(content).digest("hex")}  ${name}`,
    )
    .join("\n")
    .concat("\n");
}

/** The paths that the server was asked for. */
const asked: string[] = [];

let server: Bun.Server<undefined>;
beforeAll(() => {
  server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request) {
      const { pathname } = new URL(request.url);
      asked.push(pathname);
      const name = pathname.slice(pathname.lastIndexOf("/") + 1);
      const content = name === "SHA256SUMS" && !files.has(name) ? sums() : files.get(name);
      return content === undefined ? new Response(null, { status: 404 }) : new Response(content);
    },
  });
});
afterAll(() => server.stop(true));

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "pounce-install-"));
  mkdirSync(join(dir, "bin"));
  files.clear();
  asked.length = 0;
  for (const target of ["linux-x64", "linux-arm64", "linux-x64-musl", "darwin-arm64"]) {
    publish(target);
  }
});
afterEach(() => rmSync(dir, { recursive: true }));

/** Puts a program before all others on the PATH. */
function program(name: string, text: string): void {
  writeFileSync(join(dir, "bin", name), `#!/bin/sh\n${text}\n`);
  chmodSync(join(dir, "bin", name), 0o755);
}

function pretendToBe(system: string, processor: string, ldd = "ldd (GNU libc) 2.41"): void {
  program("uname", `if [ "$1" = -s ]; then echo ${system}; else echo ${processor}; fi`);
  program("ldd", `echo "${ldd}"`);
}

interface Run {
  readonly argv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The PATH after the folder of the programs made here. */
  readonly path?: string | undefined;
  /** Another copy of the script. */
  readonly script?: string;
}

async function install(shell: readonly string[], run: Run = {}) {
  const { argv = [], env = {}, path } = run;
  const prefix = join(dir, "prefix");
  const child = Bun.spawn([...shell, run.script ?? script, "--prefix", prefix, ...argv], {
    cwd: dir,
    env: {
      HOME: dir,
      PATH: `${join(dir, "bin")}:${path ?? process.env["PATH"]}`,
      POUNCE_BASE_URL: `http://127.0.0.1:${server.port}`,
      ...env,
    },
    stdout: "pipe",
    stderr: "pipe",
  });
  const ended = await finished(child);
  const installed = existsSync(join(prefix, "bin")) ? readdirSync(join(prefix, "bin")) : [];
  return { ...ended, installed, executable: join(prefix, "bin", "pounce") };
}

const SHELLS = [
  ["sh", ["/bin/sh"]],
  ["dash", ["dash"]],
  ["bash", ["bash", "--posix"]],
  ["busybox", ["busybox", "sh"]],
] as const;
const present = SHELLS.filter(([, argv]) => Bun.which(argv[0]) !== null);
const absent = SHELLS.filter(([, argv]) => Bun.which(argv[0]) === null).map(([name]) => name);
if (process.env["CI"] !== undefined && absent.some((name) => name === "busybox")) {
  throw new Error("busybox is not installed: apt-get install busybox");
}
if (absent.length > 0) {
  console.error(`SKIPPED: install.sh under ${absent.join(", ")}: not installed`);
}

const GLIBC = "ldd (GNU libc) 2.41";
/** What a system says of itself, and its target. */
const SYSTEMS = [
  ["Linux", "x86_64", GLIBC, "linux-x64"],
  ["Linux", "aarch64", GLIBC, "linux-arm64"],
  ["Linux", "amd64", "musl libc (x86_64)", "linux-x64-musl"],
  ["Darwin", "arm64", "", "darwin-arm64"],
] as const;

describe.each(present)("under %s", (name, shell) => {
  // busybox has a uname of its own, which tells the truth.
  const systems = SYSTEMS.filter(
    ([, , ldd, target]) =>
      name !== "busybox" || (ldd === GLIBC && target === `linux-${process.arch}`),
  );
  test.each(systems)("%s on %s (%s) gets %s", async (system, processor, ldd, target) => {
    pretendToBe(system, processor, ldd);
    const { code, stdout, stderr, installed, executable } = await install(shell);
    expect({ code, stderr, installed }).toEqual({ code: 0, stderr: "", installed: ["pounce"] });
    expect(stdout).toContain(`installed ${executable}: pounce 1.2.3 (${target})\n`);
    expect(Bun.spawnSync([executable]).stdout.toString()).toBe(`pounce 1.2.3 (${target})\n`);
  });

  test("a file that is not what its sum says is not installed, and what was there stays", async () => {
    pretendToBe("Linux", "x86_64");
    const { executable } = await install(shell);
    const before = await Bun.file(executable).text();
    files.set("SHA256SUMS", sums());
    publish("linux-x64", "#!/bin/sh\necho evil\n");
    const { code, stderr, installed } = await install(shell);
    expect({ code, installed }).toEqual({ code: 1, installed: ["pounce"] });
    expect(stderr).toMatch(
      /^install\.sh: .* is not what SHA256SUMS says .* nothing was installed\n$/,
    );
    expect(await Bun.file(executable).text()).toBe(before);
  });
});

const [, sh] = SHELLS[0];

test("a version that is named is the one that is asked for", async () => {
  pretendToBe("Linux", "x86_64");
  expect((await install(sh, { argv: ["--version", "v1.2.3"] })).code).toBe(0);
  const { code, stderr, installed } = await install(sh, { argv: ["--version=9.9.9"] });
  expect({ code, installed }).toEqual({ code: 1, installed: ["pounce"] });
  expect(stderr).toContain("has no pounce 9.9.9 for linux-x64");
});

test("the copy that the release workflow makes asks the repository's own releases", async () => {
  pretendToBe("Linux", "x86_64");
  const workflow = YAML.parse(await Bun.file(join(root, ".github/workflows/release.yml")).text());
  const steps = (workflow as { jobs: { build: { steps: { run?: string }[] } } }).jobs.build.steps;
  const step = steps.find(({ run }) => run?.includes("scripts/install.sh"))?.run ?? "false";
  mkdirSync(join(dir, "dist", "release"), { recursive: true });
  symlinkSync(join(root, "scripts"), join(dir, "scripts"));
  const address = {
    GITHUB_SERVER_URL: `http://127.0.0.1:${server.port}`,
    GITHUB_REPOSITORY: "o/r",
  };
  const made = Bun.spawnSync(["sh", "-c", step], { cwd: dir, env: { ...process.env, ...address } });
  expect(made.exitCode).toBe(0);
  const copy = { script: join(dir, "dist", "release", "install.sh"), env: { POUNCE_BASE_URL: "" } };
  expect(await install(sh, copy)).toMatchObject({ code: 0, stderr: "" });
  expect(await install(sh, { ...copy, argv: ["--version", "1.2.3"] })).toMatchObject({ code: 0 });
  expect(asked).toEqual([
    "/o/r/releases/latest/download/SHA256SUMS",
    "/o/r/releases/latest/download/pounce-1.2.3-linux-x64.tar.gz",
    "/o/r/releases/download/v1.2.3/SHA256SUMS",
    "/o/r/releases/download/v1.2.3/pounce-1.2.3-linux-x64.tar.gz",
  ]);
});

test("a folder of files will do, and wget where there is no curl", async () => {
  pretendToBe("Linux", "x86_64");
  mkdirSync(join(dir, "release"));
  for (const [name, content] of files) writeFileSync(join(dir, "release", name), content);
  writeFileSync(join(dir, "release", "SHA256SUMS"), sums());
  const env = { POUNCE_BASE_URL: `file://${join(dir, "release")}` };
  expect(await install(sh, { env })).toMatchObject({ code: 0, stderr: "" });

  // A PATH with what the script needs, but no curl: wget is a stand-in that notes its use.
  for (const name of [
    "id",
    "mkdir",
    "mktemp",
    "rm",
    "cp",
    "sed",
    "cut",
    "sha256sum",
    "tar",
    "gzip",
  ]) {
    symlinkSync(Bun.which(name) ?? name, join(dir, "bin", name));
  }
  for (const name of ["chmod", "mv", "cat", "sh"]) {
    symlinkSync(Bun.which(name) ?? name, join(dir, "bin", name));
  }
  const none = await install(sh, { path: "/nowhere" });
  expect(none.stderr).toBe("install.sh: curl or wget is needed; neither is on the PATH\n");
  expect(none.code).toBe(1);
  program(
    "wget",
    `exec "${process.execPath}" -e 'await Bun.write(process.argv.at(-2), await fetch(process.argv.at(-1)))' -- "$3" "$4"`,
  );
  expect(await install(sh, { path: "/nowhere" })).toMatchObject({ code: 0, stderr: "" });
}, 20_000);

describe("what goes wrong is one line and exit code 1, and leaves nothing behind", () => {
  test.each<[string, () => Run, string]>([
    [
      "another system",
      () => (pretendToBe("FreeBSD", "amd64"), {}),
      "no pounce for this system (FreeBSD)",
    ],
    [
      "another processor",
      () => (pretendToBe("Linux", "riscv64"), {}),
      "no pounce for this processor (riscv64)",
    ],
    [
      "a release without this target",
      () => (pretendToBe("Darwin", "x86_64"), {}),
      "has no pounce for darwin-x64",
    ],
    [
      "no address",
      () => (pretendToBe("Linux", "x86_64"), { env: { POUNCE_BASE_URL: "" } }),
      "set POUNCE_BASE_URL",
    ],
    [
      "an address with nothing there",
      () => (pretendToBe("Linux", "x86_64"), { env: { POUNCE_BASE_URL: "file:///nowhere" } }),
      "could not download file:///nowhere/SHA256SUMS",
    ],
    [
      "an unknown flag",
      () => ({ argv: ["--prfix"] }),
      "--prfix: not known; the flags are --version",
    ],
    ["a flag without its value", () => ({ argv: ["--version"] }), "--version: expected a value"],
    [
      "a folder that cannot be written",
      () => (pretendToBe("Linux", "x86_64"), { argv: ["--prefix", "/proc/pounce"] }),
      "cannot make /proc/pounce/bin",
    ],
    [
      "an executable that does not run here",
      () => {
        pretendToBe("Linux", "x86_64", "musl libc");
        publish("linux-x64-musl", "#!/bin/sh\nexit 127\n");
        return {};
      },
      "needs libstdc++ (on Alpine: apk add libstdc++)",
    ],
  ])("%s", async (_, prepare, message) => {
    const { code, stdout, stderr, installed } = await install(sh, prepare());
    expect({ code, stdout, installed, lines: stderr.split("\n").length }).toEqual({
      code: 1,
      stdout: "",
      installed: [],
      lines: 2,
    });
    expect(stderr).toContain(message);
  });
});
