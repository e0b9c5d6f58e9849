// `[env]` and `env_file`: what workers find in their environment, and mistakes with their places.
import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig, type LoadInput } from "../../../src/config/load.ts";

const root = realpathSync(mkdtempSync(join(tmpdir(), "pounce-env-")));
mkdirSync(join(root, "conf"));
afterAll(() => rmSync(root, { recursive: true }));

function write(name: string, text: string): void {
  writeFileSync(join(root, name), text);
}

function load(toml: string, input: Partial<LoadInput> = {}) {
  write("conf/p.toml", toml);
  const flags = { config: "conf/p.toml", ...input.flags };
  return loadConfig({ env: {}, cwd: root, ...input, flags });
}

/** The workers' variables, or the errors. */
function variables(toml: string, input?: Partial<LoadInput>): unknown {
  const loaded = load(toml, input);
  return loaded.ok ? loaded.config.workerEnv : loaded.errors;
}

describe("[env]", () => {
  const table: [string, string, unknown][] = [
    ["has strings as they are", 'A = ""\nB = "x = y # z"', { A: "", B: "x = y # z" }],
    ["has booleans", "A = true\nB = false", { A: "true", B: "false" }],
    [
      "has numbers as written",
      "A = 1.10 # x\nB = 8080\nC = +1e6",
      { A: "1.10", B: "8080", C: "+1e6" },
    ],
    ["has numbers in other notations", "A = 0x1F\nB = 1_000", { A: "0x1F", B: "1_000" }],
    ["has names of any kind", '"a.b-c" = 1.0\n"toString" = 2', { "a.b-c": "1.0", toString: "2" }],
  ];
  test.each(table)("%s", (_, lines, expected) => {
    expect(variables(`[env]\n${lines}`)).toEqual(expected);
  });

  test("may be written on one line", () => {
    expect(variables("env = { A = 1.50, B = 2 }")).toEqual({ A: "1.50", B: "2" });
    expect(variables("env.A = 1.0")).toEqual({ A: "1.0" });
  });

  test("names the place of each mistake", () => {
    const expected = "expected a string, a number or a boolean, got";
    const names = '[env]\nA = [1, 2]\nB = "fine"\n  C = 2020-01-01\n"=" = 1\nBUN_OPTIONS = "x"';
    const [list, date, name, reserved] = variables(names) as string[];
    expect(list).toBe(`conf/p.toml:2:1 env.A: ${expected} [1, 2]`);
    expect(date).toStartWith(`conf/p.toml:4:3 env.C: ${expected} 2020-01-01`);
    expect(name).toStartWith('conf/p.toml:5:1 env."=": ');
    expect(reserved).toBe(
      "conf/p.toml:6:1 env.BUN_OPTIONS: this variable is never given to workers",
    );
  });

  test("is a table, and has neither flag nor variable", () => {
    expect(variables("env = 3")).toEqual(["conf/p.toml:1:1 env: expected a table, got 3"]);
    expect(variables("", { env: { POUNCE_ENV: "A=1" } })).toEqual([
      expect.stringMatching(/^POUNCE_ENV: unknown variable /),
    ]);
  });
});

describe("env_file", () => {
  test("is read when named, and never otherwise", () => {
    write("conf/.env", "A=1\n# comment\nexport B='x y'\n");
    expect(variables("")).toEqual({});
    expect(variables('env_file = ".env"')).toEqual({ A: "1", B: "x y" });
  });

  test("is read again at each load", () => {
    write("conf/.env", "A=2\n");
    expect(variables('env_file = ".env"')).toEqual({ A: "2" });
  });

  test("may be a list, of which the last one wins, and [env] over it", () => {
    write("conf/one.env", "A=1\nB=1\nC=1\n");
    write("conf/two.env", "B=2\nC=2\n");
    const toml = 'env_file = ["one.env", "two.env"]\n[env]\nC = 3';
    expect(variables(toml)).toEqual({ A: "1", B: "2", C: "3" });
  });

  test("may be flags, from the working directory", () => {
    write("flag.env", "A=flag\n");
    write("more.env", "B=more\n");
    const flags = { "env-file": "flag.env,more.env" };
    expect(variables('env_file = "missing.env"', { flags })).toEqual({ A: "flag", B: "more" });
  });

  test("that is missing is an error with its place", () => {
    expect(variables('port = 1\nenv_file = ["none.env", "."]')).toEqual([
      `conf/p.toml:2:1 env_file: cannot read ${root}/conf/none.env: no such file`,
      `conf/p.toml:2:1 env_file: cannot read ${root}/conf: is a folder, not a file`,
    ]);
    expect(variables("", { flags: { "env-file": "none.env" } })).toEqual([
      `--env-file: cannot read ${root}/none.env: no such file`,
    ]);
  });
});
