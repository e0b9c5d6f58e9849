// Completion, asked of real shells.
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { flagsOf } from "../../../src/cli/define.ts";
import { ROOT } from "../../../src/cli/root.ts";
import { completionScript } from "../../../src/cli/completion/script.ts";
import { KEYS } from "../../../src/config/schema/keys.ts";
import { isMissing, runTool } from "../../helpers/tools.ts";

const dir = mkdtempSync(join(tmpdir(), "pounce-completion-"));
afterAll(() => rmSync(dir, { recursive: true }));

async function scriptFile(shell: "bash" | "zsh" | "fish"): Promise<string> {
  const path = join(dir, `pounce.${shell}`);
  writeFileSync(path, await completionScript(shell, ROOT));
  return path;
}

const NAMES = Object.keys(ROOT.subCommands);

/** What is typed, the last word being the one to complete, and what a shell then offers. */
const CASES: [string[], string[]][] = [
  [[""], NAMES],
  [["ini"], ["init"]],
  [
    ["init", ""],
    ["app", "systemd", "supervisor", "docker", "kubernetes"],
  ],
  [
    ["init", "s"],
    ["systemd", "supervisor"],
  ],
  [["init", "--fo"], ["--force"]],
  [
    ["completion", ""],
    ["bash", "zsh", "fish"],
  ],
  [["serve", "--reload-t"], ["--reload-timeout"]],
  [["./app.ts", "--reload-t"], ["--reload-timeout"]],
  [["--keep"], ["--keep-alive-timeout"]],
  [["--workers", ""], ["auto"]],
  [["serve", "-w", "a"], ["auto"]],
  [["serve", "--port", ""], []],
];

/** What bash offers for the last of these words. */
async function complete(words: readonly string[]): Promise<string[]> {
  const script = `source ${await scriptFile("bash")}
    COMP_WORDS=(pounce "$@")
    COMP_CWORD=$#
    _pounce
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { code, stdout, stderr } = runTool("bash", ["-uc", script, "bash", ...words]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout.split("\n").filter((line) => line !== "");
}

describe.skipIf(isMissing("bash"))("completion in bash", () => {
  test("is registered", async () => {
    const { stdout } = runTool("bash", ["-c", `source ${await scriptFile("bash")}; complete -p`]);
    expect(stdout).toContain("complete -o default -F _pounce pounce");
  });

  test.each(CASES)("%j becomes one of %j", async (typed, offered) => {
    expect(await complete(typed)).toEqual(offered);
  });

  test("knows a value after an equals sign, which bash makes a word of its own", async () => {
    expect(await complete(["--workers", "="])).toEqual(["auto"]);
    expect(await complete(["--workers", "=", "au"])).toEqual(["auto"]);
  });

  test("leaves names of files to bash", async () => {
    expect(await complete(["serve", "--config", "a"])).toEqual([]);
    expect(await complete(["serve", "./a"])).toEqual([]);
  });

  test("offers a flag for each key that has one", async () => {
    const flags = await complete(["serve", "--"]);
    const serve = await ROOT.subCommands[ROOT.default]!();
    expect(flags).toEqual(flagsOf(serve).map(([name]) => `--${name}`));
    expect(KEYS.filter(({ flag }) => flags.includes(`--${flag}`)).length).toBeGreaterThan(10);
  });
});

describe.skipIf(isMissing("fish"))("completion in fish", () => {
  test.each(CASES)("%j becomes one of %j", async (typed, offered) => {
    const line = ["pounce", ...typed].join(" ");
    const script = `source ${await scriptFile("fish")}; complete -C '${line}'`;
    const { code, stdout, stderr } = runTool("fish", ["--no-config", "-c", script]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    // Each line has the word, a tab and its description; files are offered beside commands.
    const words = stdout.split("\n").flatMap((text) => text.split("\t")[0] || []);
    expect(words).toEqual(expect.arrayContaining(offered));
    if (!typed[0]?.match(/^$|ini/)) expect(words.length).toBe(offered.length);
  });
});

describe.skipIf(isMissing("zsh"))("completion in zsh", () => {
  test("is registered with compinit, and without it harms nothing", async () => {
    const file = await scriptFile("zsh");
    expect(runTool("zsh", ["-n", file])).toMatchObject({ code: 0, stderr: "" });
    expect(runTool("zsh", ["-fc", `source ${file}`])).toMatchObject({ code: 0, stderr: "" });
    const script = `autoload -U compinit; compinit -D -u; source ${file}; print $_comps[pounce]`;
    expect(runTool("zsh", ["-fc", script])).toMatchObject({ code: 0, stdout: "_pounce\n" });
  });

  test.each(NAMES)("the flags of %s come to _arguments", async (name) => {
    // `_arguments` itself runs only while someone types.
    const command = await ROOT.subCommands[name]!();
    const script = `source ${await scriptFile("zsh")}
      _arguments() { print -rl -- "$@" }
      words=(pounce ${name} ''); CURRENT=3; _pounce`;
    const { stdout, stderr } = runTool("zsh", ["-fc", script]);
    expect(stderr).toBe("");
    for (const [flag] of flagsOf(command)) {
      expect(stdout).toMatch(new RegExp(`--${flag}=?\\[`));
    }
  });
});
