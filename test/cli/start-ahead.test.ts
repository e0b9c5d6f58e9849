// Which arguments start a worker before the rest of pounce is loaded.
import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { guessOf } from "../../src/cli/start-ahead.ts";

const folder = mkdtempSync(join(tmpdir(), "start-ahead-"));
writeFileSync(join(folder, "app.ts"), "");
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const guess = (line: string) =>
  guessOf(
    line.split(" ").filter((word) => word !== ""),
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
