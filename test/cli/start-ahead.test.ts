// Which arguments start a worker before the rest of pounce is loaded.
import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { canGuess, guessOf } from "../../src/cli/start-ahead.ts";

const folder = mkdtempSync(join(tmpdir(), "start-ahead-"));
writeFileSync(join(folder, "app.ts"), "");
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const guess = (line: string) =>
  guessOf(
    line.split(" ").filter((word) => word !== ""),
    {},
    () => folder,
  );

describe("whether arguments start a server, before commands are loaded", () => {
  test.each([
    ["", undefined, undefined],
    ["./app.ts", "./app.ts", undefined],
    ["serve app", "app", undefined],
    ["./app.ts:createApp() -w 4", "./app.ts", undefined],
    ["-p 8000 app.ts", "app.ts", undefined],
    ["-c deploy/pounce.toml", undefined, "deploy/pounce.toml"],
    ["--config=pounce.toml --workers 2", undefined, "pounce.toml"],
    // What follows is for the app.
    ["./app.ts -- status --help", "./app.ts", undefined],
    ["./missing.ts", undefined, undefined],
  ])("%p serves", (line, module, config) => {
    expect(guess(line)).toEqual({ cwd: folder, module, config });
  });

  test.each([
    "status",
    "-c pounce.toml status",
    "init",
    "build app.ts",
    "--version",
    "serve --help",
    "./app.ts -h",
    "sevre",
  ])("%p does not", (line) => {
    expect(guess(line)).toBeUndefined();
  });
});

const can = (line: string, env: Record<string, string> = {}, file?: string): boolean => {
  if (file !== undefined) writeFileSync(join(folder, "pounce.toml"), file);
  const config = file === undefined ? undefined : "pounce.toml";
  return canGuess(line.split(" "), env, { cwd: folder, config });
};

test("without a file or an app, pounce.toml in the folder is what serves", () => {
  writeFileSync(join(folder, "pounce.toml"), "");
  expect(guess("serve")).toEqual({ cwd: folder, module: undefined, config: "pounce.toml" });
  expect(guess("./app.ts")).toEqual({ cwd: folder, module: "./app.ts", config: undefined });
  rmSync(join(folder, "pounce.toml"));
});

describe("whether all that a worker's process is started with can be guessed", () => {
  test.each([
    ["app.ts --port 80", {}, undefined],
    ["./working-directory.ts", { PWD: "/", ENV_FILE: "a", POUNCE_PORT: "80" }, undefined],
    ["", {}, 'app = "app.ts"\nreload_timeout = 3 # [env] comes later\n[log]\nlevel = "info"\n'],
  ])("%p, %p, %p: yes", (line, env: Record<string, string>, file) => {
    expect(can(line, env, file)).toBe(true);
  });

  test.each([
    ["--working-directory=/srv", {}, undefined],
    ["--env-file .env", {}, undefined],
    ["--log-capture", {}, undefined],
    ["", { POUNCE_SLOT_VARIABLE: "N" }, undefined],
    ["", {}, "[env]\nA = 1\n"],
    ["", {}, "port = 80\n  env = { A = 1 }\n"],
    ["", {}, "env.A = 1\n"],
    ["", {}, 'env_file = ".env"\n'],
    ["", {}, "[log]\ncapture = true\n"],
  ])("%p, %p, %p: no", (line, env: Record<string, string>, file) => {
    expect(can(line, env, file)).toBe(false);
  });

  test("of a file that cannot be read: no", () => {
    expect(canGuess([], {}, { cwd: folder, config: "missing.toml" })).toBe(false);
  });

  // To read a pipe would wait for its writer, and a device may never end.
  test("of what is not a regular file: no", () => {
    expect(canGuess([], {}, { cwd: folder, config: "/dev/null" })).toBe(false);
  });
});
