// The Debian package as far as it can be told without Debian: its bytes, what it says of itself,
// its scripts and its files. That it installs, upgrades and goes is in test/deploy/deb.deploy.ts.
import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { dependencies } from "../../package.json";
import template from "../../src/cli/init/templates/pounce.service.txt" with { type: "text" };
import { ar } from "../../scripts/ar.ts";
import { type Entry, file } from "../../scripts/archive.ts";
import { debPackage } from "../../scripts/package/deb.ts";
import { controlFiles, debianVersion } from "../../scripts/package/deb/control.ts";
import { dataFiles } from "../../scripts/package/deb/data.ts";
import { roff } from "../../scripts/package/deb/manual-page.ts";
import { pounceBinary } from "../helpers/server.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const SECONDS = 1_700_000_000;

const dir = mkdtempSync(join(tmpdir(), "pounce-deb-"));
afterAll(() => rmSync(dir, { recursive: true }));

// A build bundles at most these.
const sources = Object.keys(dependencies).map((name) => `../node_modules/${name}/index.js`);
writeFileSync(join(dir, "main.map"), JSON.stringify({ sources }));
const executable = Buffer.from("an executable");
const files = await dataFiles({ root, executable, maps: dir, seconds: SECONDS });
const about = { architecture: "amd64", version: "1.2.3", files };
const control = controlFiles(about);

function textOf(entries: readonly Entry[], path: string): string {
  const content = entries.find((entry) => entry.path === path)?.content;
  if (content === undefined) throw new Error(`${path} is not among the files`);
  return Buffer.from(content).toString();
}

/** The settings of a unit. */
function directives(unit: string): string[] {
  return unit.split("\n").filter((line) => /^\w/.test(line));
}

function run(command: string, ...args: string[]): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync([command, ...args], { cwd: dir });
  const said = stdout.toString() + stderr.toString();
  if (exitCode !== 0) throw new Error(`${command} ${args.join(" ")}: ${exitCode}\n${said}`);
  return said;
}

describe("ar", () => {
  test("writes members at even places, with one time, owned by root", () => {
    const odd = { name: "odd", content: Buffer.from("abc") };
    const even = { name: "even", content: Buffer.from("ab") };
    expect(Buffer.from(ar([odd, even], 17)).toString()).toBe(
      "!<arch>\n" +
        "odd             17          0     0     100644  3         `\nabc\n" +
        "even            17          0     0     100644  2         `\nab",
    );
  });

  test("refuses a name that does not fit", () => {
    const member = { name: "a-name-of-17-char", content: Buffer.from("") };
    expect(() => ar([member], 0)).toThrow("a-name-of-17-char is too long");
  });
});

describe("the package", () => {
  const seconds = SECONDS;

  test("has the same bytes, in whatever order its files come", () => {
    const one = debPackage({ ...about, seconds });
    expect(debPackage({ ...about, seconds, files: files.toReversed() })).toEqual(one);
    expect(debPackage({ ...about, seconds: seconds + 1 })).not.toEqual(one);
  });

  test.skipIf(Bun.which("dpkg-deb") === null)("is read by dpkg-deb", () => {
    writeFileSync(join(dir, "pounce.deb"), debPackage({ ...about, seconds }));
    expect(run("dpkg-deb", "--field", "pounce.deb", "Package", "Version", "Architecture")).toBe(
      "Package: pounce\nVersion: 1.2.3\nArchitecture: amd64\n",
    );
    const listed = run("dpkg-deb", "--contents", "pounce.deb").trim().split("\n");
    expect(listed.filter((line) => !/^[d-]rw[x-]r-[x-]r-[x-] root\/root /.test(line))).toEqual([]);
    expect(listed.filter((line) => line.startsWith("-"))).toHaveLength(files.length);
    run("dpkg-deb", "--extract", "pounce.deb", "unpacked");
    run("dpkg-deb", "--control", "pounce.deb", "control");
    run("sh", "-c", "cd unpacked && md5sum --check --strict ../control/md5sums");
  });

  test.each([
    ["1.2.0", "1.2.0"],
    ["1.2.0-rc.1", "1.2.0~rc.1"],
  ])("of version %s has Debian's version %s", (version, expected) => {
    expect(debianVersion(version)).toBe(expected);
    const said = textOf(controlFiles({ ...about, version }), "control");
    expect(said).toContain(`\nVersion: ${expected}\n`);
  });

  test("leaves what is below /etc to the administrator, and nothing else", () => {
    expect(textOf(control, "conffiles")).toBe(
      "/etc/needrestart/restart.d/pounce.service\n/etc/pounce/pounce.toml\n",
    );
  });

  test("counts its size in KiB, each file and folder in whole ones", () => {
    const two = [file("usr/bin/a", "x".repeat(1025)), file("usr/b", "")];
    const said = textOf(controlFiles({ ...about, files: two }), "control");
    // The root, usr, usr/bin, and two for the file.
    expect(said).toContain("\nInstalled-Size: 5\n");
  });

  test("names who has the rights to all that is inside the executable, with the texts", () => {
    const said = textOf(files, "usr/share/doc/pounce/copyright");
    expect(said).toContain("Files: node_modules/citty/*\nCopyright: Pooya Parsa");
    for (const name of Object.keys(dependencies)) {
      expect(said).toContain(`\nFiles: node_modules/${name}/*\nCopyright: `);
    }
    expect(said).toContain("License: Expat and LGPL-2+");
    const named = [...said.matchAll(/^License: (.+)$/gm)].map(([, name = ""]) => name);
    const explained = [...said.matchAll(/^License: (.+)\n /gm)].map(([, name = ""]) => name);
    const all = new Set(named.flatMap((name) => name.split(" and ")));
    expect([...all.difference(new Set(explained))]).toEqual([]);
  });
});

describe("its scripts", () => {
  const scripts = [...control, ...files].filter(({ content, mode }) => {
    return (
      mode === 0o755 &&
      Buffer.from(content ?? "")
        .subarray(0, 2)
        .toString() === "#!"
    );
  });

  test.each(scripts.map((entry) => [entry.path, entry] as const))(
    "%s is fit for sh",
    (_, entry) => {
      const path = join(dir, "script.sh");
      writeFileSync(path, entry.content ?? "");
      run("sh", "-n", path);
      if (Bun.which("shellcheck") !== null) run("shellcheck", "--shell=sh", path);
    },
  );

  test("they are those of dpkg, the handover, and what needrestart calls", () => {
    expect(scripts.map(({ path }) => path)).toEqual([
      "postinst",
      "prerm",
      "postrm",
      "usr/libexec/pounce/handover",
      "etc/needrestart/restart.d/pounce.service",
    ]);
  });

  test("an upgrade stops nothing: what is called before it has nothing to do with systemd", () => {
    const path = join(dir, "prerm");
    writeFileSync(path, textOf(control, "prerm"));
    // Nothing that it could call is on the PATH.
    for (const args of [["upgrade", "2.0"], ["failed-upgrade", "1.0"], ["deconfigure"]]) {
      expect(run("env", "PATH=/nowhere", "/bin/sh", path, ...args)).toBe("");
    }
  });
});

test("a purge removes nothing that a link in the app's own folder leads to", () => {
  const script = join(dir, "postrm");
  writeFileSync(script, textOf(control, "postrm"));
  const purge = (name: string) => run("env", `DPKG_ROOT=${join(dir, name)}`, "sh", script, "purge");
  mkdirSync(join(dir, "honest/var/lib/pounce/.bun/install/cache/a"), { recursive: true });
  purge("honest");
  expect(existsSync(join(dir, "honest/var/lib/pounce"))).toBe(false);
  mkdirSync(join(dir, "evil/var/cache"), { recursive: true });
  mkdirSync(join(dir, "evil/var/lib/pounce/.bun"), { recursive: true });
  symlinkSync("../../..", join(dir, "evil/var/lib/pounce/.bun/install"));
  expect(existsSync(join(dir, "evil/var/lib/pounce/.bun/install/cache"))).toBe(true);
  purge("evil");
  expect(existsSync(join(dir, "evil/var/cache"))).toBe(true);
});

describe("its files", () => {
  test("the unit is that of `pounce init systemd`, for the place and the user of the package", () => {
    const own = directives(textOf(files, "usr/lib/systemd/system/pounce.service"));
    const usual = directives(template);
    expect(own.filter((line) => !usual.includes(line))).toEqual([
      "Documentation=man:pounce(1)",
      "ExecStart=/usr/bin/pounce --config /etc/pounce/pounce.toml",
      "WorkingDirectory=/etc/pounce",
      "ExecReload=/usr/bin/pounce reload --wait --config /etc/pounce/pounce.toml",
      "User=pounce",
    ]);
    expect(usual.filter((line) => !own.includes(line))).toEqual([
      "ExecStart=/usr/local/bin/pounce --config /srv/pounce/pounce.toml",
      "WorkingDirectory=/srv/pounce",
      "ExecReload=/usr/local/bin/pounce reload --wait --config /srv/pounce/pounce.toml",
      "DynamicUser=yes",
    ]);
  });

  test("the configuration is valid, and so is every line of it that waits to be used", () => {
    const text = textOf(files, "etc/pounce/pounce.toml");
    const used = text.replaceAll(/^#(?=\w+ = |\[)/gm, "").replaceAll(/^(app|working_).*\n/gm, "");
    expect(used).toContain("\nshutdown_timeout = 30\n");
    // The port may be in use here.
    for (const content of [text, used].map((it) => it.replace("port = 8000", "port = 0"))) {
      writeFileSync(join(dir, "pounce.toml"), content);
      run(pounceBinary(), "check", "--config", "pounce.toml");
    }
  });

  test("the completions are those of the commands", () => {
    const zsh = textOf(files, "usr/share/zsh/vendor-completions/_pounce");
    expect(zsh).toBe(run(pounceBinary(), "completion", "zsh"));
  });

  test("the executable links no newer C library than the package asks for", () => {
    const head = readFileSync(pounceBinary())
      .subarray(0, 256 * 1024)
      .toString("latin1");
    const minors = [...head.matchAll(/\0GLIBC_2\.(\d+)(?=[.\d]*\0)/g)].map(([, it]) => Number(it));
    expect(minors.length).toBeGreaterThan(0);
    const [, asked] = /libc6 \(>= 2\.(\d+)\)/.exec(textOf(control, "control")) ?? [];
    expect(Math.max(...minors)).toBeLessThanOrEqual(Number(asked));
  });
});

describe("the manual page", () => {
  test.each([
    ["a heading and what is below it", "### a `b`\n\ntext", [String.raw`.SS a \fBb\fR`, "text"]],
    ["a second paragraph", "one\n\ntwo", ["one", ".PP", "two"]],
    ["a term", "- `--json`: for\n  programs", [".TP", String.raw`\fB\-\-json\fR`, "for programs"]],
    ["an item without a term", "- any", [String.raw`.IP \(bu 2`, "any"]],
    ["a table", "| a | b |\n|---|---|\n| `0` | done |", [".TP", String.raw`\fB0\fR`, "done"]],
    ["a chapter", "see [errors](errors.md)", [String.raw`see \fBpounce help errors\fR`]],
    ["what looks like a request", ".env", [String.raw`\&.env`]],
    ["a backslash", String.raw`a\b`, [String.raw`a\eb`]],
  ])("has %s", (_, markdown, expected) => {
    expect(roff(markdown)).toEqual(expected);
  });
});
