// The launcher of the npm package: it becomes the executable for the system, wherever the package
// manager has put it, or says what is missing.
import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { version } from "../../package.json";
import { FakePackages, removeFakePackages, type System } from "../helpers/fake-packages.ts";

afterAll(removeFakePackages);

const SHELLS = [["dash"], ["bash"], ["busybox", "sh"], ["sh"]].filter(
  ([name = ""]) => Bun.which(name) !== null,
);
const ARGS = ["serve", "two words", "", "*", "-w"];
const X64 = "@pounce/linux-x64/bin/pounce";

/** How package managers lay out a project: what is started, what then runs, and by which path. */
const LAYOUTS: Record<
  string,
  [make: (it: FakePackages) => void, executable: string, called: string]
> = {
  "npm, yarn, Bun: hoisted": [
    (it) =>
      it
        .main("node_modules/pounce")
        .platform("node_modules", "linux-x64")
        .link("node_modules/.bin/pounce", "../pounce/bin/pounce"),
    `node_modules/${X64}`,
    "node_modules/.bin/pounce",
  ],
  "a platform's package within the other": [
    (it) =>
      it
        .main("node_modules/pounce")
        .platform("node_modules/pounce/node_modules", "linux-x64")
        .platform("node_modules", "linux-x64", { version: "0.0.1" })
        .link("node_modules/.bin/pounce", "../pounce/bin/pounce"),
    `node_modules/pounce/node_modules/${X64}`,
    "node_modules/.bin/pounce",
  ],
  "a workspace whose platform's package is further up": [
    (it) =>
      it
        .main("packages/api/node_modules/pounce")
        .platform("node_modules", "linux-x64")
        .link("node_modules/.bin/pounce", "../../packages/api/node_modules/pounce/bin/pounce"),
    `node_modules/${X64}`,
    "node_modules/.bin/pounce",
  ],
  "pnpm, which starts it by the link in node_modules": [
    (it) =>
      it
        .main("node_modules/.pnpm/pounce@1/node_modules/pounce")
        .platform("node_modules/.pnpm/pounce@1/node_modules", "linux-x64")
        .link("node_modules/pounce", ".pnpm/pounce@1/node_modules/pounce")
        .shim("node_modules/.bin/pounce", "../pounce/bin/pounce"),
    `node_modules/.pnpm/pounce@1/node_modules/${X64}`,
    "node_modules/pounce/bin/pounce",
  ],
  "pnpm, which starts it by its place in the store": [
    (it) =>
      it
        .main("node_modules/.pnpm/pounce@1/node_modules/pounce")
        .platform("node_modules/.pnpm/pounce@1/node_modules", "linux-x64")
        .link("node_modules/pounce", ".pnpm/pounce@1/node_modules/pounce")
        .shim("node_modules/.bin/pounce", "../.pnpm/pounce@1/node_modules/pounce/bin/pounce"),
    `node_modules/.pnpm/pounce@1/node_modules/${X64}`,
    "node_modules/pounce/bin/pounce",
  ],
  "Bun: isolated": [
    (it) =>
      it
        .main("node_modules/.bun/pounce@1/node_modules/pounce")
        .platform("node_modules/.bun/@pounce+linux-x64@1/node_modules", "linux-x64")
        .link(
          "node_modules/.bun/pounce@1/node_modules/@pounce/linux-x64",
          "../../../@pounce+linux-x64@1/node_modules/@pounce/linux-x64",
        )
        .link("node_modules/pounce", ".bun/pounce@1/node_modules/pounce")
        .link("node_modules/.bin/pounce", "../pounce/bin/pounce"),
    `node_modules/.bun/pounce@1/node_modules/${X64}`,
    "node_modules/.bin/pounce",
  ],
  "yarn's Plug'n'Play": [
    (it) =>
      it
        .main(`.yarn/unplugged/pounce-npm-${version}-aa/node_modules/pounce`)
        .platform(`.yarn/unplugged/@pounce-linux-x64-npm-${version}-bb/node_modules`, "linux-x64")
        .link(
          "node_modules/.bin/pounce",
          `../../.yarn/unplugged/pounce-npm-${version}-aa/node_modules/pounce/bin/pounce`,
        ),
    `.yarn/unplugged/@pounce-linux-x64-npm-${version}-bb/node_modules/${X64}`,
    "node_modules/.bin/pounce",
  ],
};

describe.each(Object.entries(LAYOUTS))("%s", (_name, [make, executable, called]) => {
  const packages = new FakePackages();
  make(packages);

  test.concurrent("it becomes the executable, with its pid, arguments and exit code", async () => {
    const expected = { code: 7, stderr: "", keptPid: true, executable, called, args: ARGS };
    const runs = [
      packages.run("node_modules/.bin/pounce", { args: ARGS }),
      ...SHELLS.map((shell) => packages.run("node_modules/.bin/pounce", { shell, args: ARGS })),
    ];
    for (const run of await Promise.all(runs)) expect(run).toEqual(expected);
  });
});

const hoisted = (): FakePackages =>
  new FakePackages()
    .main("node_modules/pounce")
    .link("node_modules/.bin/pounce", "../pounce/bin/pounce");

test.concurrent("it is found by a link from elsewhere, and from any folder", async () => {
  const packages = hoisted().platform("node_modules", "linux-x64");
  packages
    .link("usr/bin/pounce", "../../lib/pounce")
    .link("lib/pounce", "../node_modules/.bin/pounce");
  mkdirSync(join(packages.dir, "src"));
  const executable = `node_modules/${X64}`;
  expect(await packages.run("usr/bin/pounce")).toMatchObject({
    code: 7,
    executable,
    called: "usr/bin/pounce",
  });
  expect(await packages.run("../node_modules/.bin/pounce", { cwd: "src" })).toMatchObject({
    code: 7,
    executable,
    called: "src/../node_modules/.bin/pounce",
  });
});

describe.skipIf(Bun.which("node") === null)("run by Node, as Yarn 2 and later do", () => {
  const shell = ["node"];

  test.concurrent("it passes arguments and the exit code on", async () => {
    const packages = hoisted().platform("node_modules", "linux-x64");
    const run = await packages.run("node_modules/.bin/pounce", { shell, args: ARGS });
    const executable = `node_modules/${X64}`;
    expect(run).toMatchObject({ code: 7, stderr: "", keptPid: false, executable, args: ARGS });
  });

  test.concurrent("it passes signals on, and ends as the executable does", async () => {
    const program =
      "#!/bin/sh\ntrap 'echo HUP; kill -KILL $$' HUP\necho ready\nwhile :; do sleep 0.02; done\n";
    const packages = hoisted().platform("node_modules", "linux-x64", { program });
    const argv = ["node", join(packages.dir, "node_modules/.bin/pounce")];
    const child = Bun.spawn(argv, { stdout: "pipe" });
    let told = "";
    for await (const chunk of child.stdout) {
      told += new TextDecoder().decode(chunk);
      if (told === "ready\n") child.kill("SIGHUP");
    }
    await child.exited;
    expect([told, child.signalCode]).toEqual(["ready\nHUP\n", "SIGKILL"]);
  });
});

test("what Node takes for a comment has no end of one within", () => {
  const path = join(hoisted().dir, "node_modules/pounce/bin/pounce");
  const text = readFileSync(path, "utf8");
  expect(text.split("*/")).toHaveLength(2);
  expect(text).toStartWith("#!/bin/sh\n':' /* #");
});

test.concurrent("programs in node_modules/.bin do not take part", async () => {
  const packages = hoisted().platform("node_modules", "linux-x64");
  for (const name of ["readlink", "uname"]) packages.shim(`node_modules/.bin/${name}`, "wrong");
  const env = { PATH: join(packages.dir, "node_modules/.bin") };
  for (const shell of SHELLS) {
    const run = await packages.run("node_modules/.bin/pounce", {
      shell: [Bun.which(shell[0] ?? "") ?? "", ...shell.slice(1)],
      env,
    });
    expect(run).toMatchObject({ code: 7, stderr: "", executable: `node_modules/${X64}` });
  }
});

const BOTH = ["linux-x64", "linux-x64-musl"];

test.concurrent.each<[string, Partial<System>, string[], string]>([
  ["glibc alone", {}, BOTH, "linux-x64"],
  ["musl alone", { hasGlibc: false, hasMusl: true }, BOTH, "linux-x64-musl"],
  ["both: the one that starts", { hasMusl: true }, BOTH, "linux-x64"],
  ["both: the one that is there", { hasMusl: true }, ["linux-x64-musl"], "linux-x64-musl"],
  ["neither where it is looked for", { hasGlibc: false }, ["linux-x64"], "linux-x64"],
  ["arm64", { uname: "Linux aarch64" }, ["linux-arm64", "linux-x64"], "linux-arm64"],
  ["a Mac", { uname: "Darwin arm64" }, ["darwin-x64", "darwin-arm64"], "darwin-arm64"],
  ["a Mac with a Node for x64", { uname: "Darwin arm64" }, ["darwin-x64"], "darwin-x64"],
])("%s", async (_name, system, names, expected) => {
  const packages = new FakePackages().main("node_modules/pounce", system);
  for (const name of names) packages.platform("node_modules", name);
  const { executable } = await packages.run("node_modules/pounce/bin/pounce");
  expect(executable).toBe(`node_modules/@pounce/${expected}/bin/pounce`);
});

test.concurrent("glibc's executable is not taken where it does not start", async () => {
  const packages = new FakePackages().main("node_modules/pounce", { hasMusl: true });
  packages.platform("node_modules", "linux-x64", { program: "#!/bin/sh\nexit 1\n" });
  packages.platform("node_modules", "linux-x64-musl");
  const { executable } = await packages.run("node_modules/pounce/bin/pounce");
  expect(executable).toBe("node_modules/@pounce/linux-x64-musl/bin/pounce");
});

test.concurrent("an executable that is not installed is named, with how to get it", async () => {
  const { code, stderr } = await hoisted().run("node_modules/.bin/pounce");
  expect(code).toBe(127);
  expect(stderr).toBe(
    `pounce: the package @pounce/linux-x64 ${version}, the executable for this system, is not ` +
      "installed.\n" +
      "  It is an optional dependency: install pounce without --omit=optional (--no-optional).\n" +
      "  If npm leaves it out, package-lock.json was made on another system. Remove that and " +
      "node_modules,\n" +
      `  and install again; or, once: npm install --no-save @pounce/linux-x64@${version}\n`,
  );
});

test.concurrent("where both libraries are, the executable for glibc is asked for", async () => {
  const packages = new FakePackages().main("node_modules/pounce", { hasMusl: true });
  const { stderr } = await packages.run("node_modules/pounce/bin/pounce");
  expect(stderr).toStartWith("pounce: the package @pounce/linux-x64 0");
});

test.concurrent("a node_modules from another system is recognized", async () => {
  const packages = hoisted().platform("node_modules", "darwin-arm64");
  packages.platform("node_modules", "linux-x64", { version: "0.0.1" });
  const { code, stderr } = await packages.run("node_modules/.bin/pounce");
  expect(code).toBe(127);
  expect(stderr).toContain(
    "There is @pounce/darwin-arm64: install pounce on the system where it will run.\n",
  );
});

test.concurrent("a system without an executable is told which there are", async () => {
  const packages = new FakePackages().main("node_modules/pounce", { uname: "FreeBSD amd64" });
  const { code, stderr } = await packages.run("node_modules/pounce/bin/pounce");
  expect(code).toBe(127);
  expect(stderr).toBe(
    "pounce has no executable for this system (FreeBSD amd64): there are those of linux-x64 " +
      "linux-arm64 linux-x64-musl linux-arm64-musl darwin-x64 darwin-arm64\n",
  );
});

test.concurrent("a file that may not be executed is named", async () => {
  const packages = hoisted().platform("node_modules", "linux-x64", { mode: 0o644 });
  const { code, stderr } = await packages.run("node_modules/.bin/pounce");
  expect(code).toBe(126);
  expect(stderr).toBe(
    `pounce: node_modules/${X64} may not be executed: chmod +x it, if its file system is not ` +
      "noexec\n",
  );
});

test.concurrent("without a package.json, an executable is not taken", async () => {
  const packages = hoisted();
  mkdirSync(join(packages.dir, "node_modules/@pounce/linux-x64/bin"), { recursive: true });
  writeFileSync(join(packages.dir, `node_modules/${X64}`), "");
  const { code, stderr } = await packages.run("node_modules/.bin/pounce");
  expect(code).toBe(127);
  expect(stderr).toStartWith("pounce: the package @pounce/linux-x64");
});
