// Which argument is the command, wherever it stands.
import { expect, test } from "bun:test";
import { splitCommand } from "../../src/cli/split-command.ts";

test.each<[string[], string | undefined, string[]]>([
  [["status", "-c", "x"], "status", ["-c", "x"]],
  [["-c", "x", "status"], "status", ["-c", "x"]],
  [["-cx", "--json", "status", "--wait"], "status", ["-cx", "--json", "--wait"]],
  [["--config=x", "-p", "1", "scale", "3"], "scale", ["--config=x", "-p", "1", "3"]],
  [["--config", "status", "stop"], "stop", ["--config", "status"]],
  [["-c", "status"], undefined, ["-c", "status"]],
  [["-c", "x", "app.ts", "status"], undefined, ["-c", "x", "app.ts", "status"]],
  [["-c", "x", "--", "status"], undefined, ["-c", "x", "--", "status"]],
  [["app.ts", "status"], undefined, ["app.ts", "status"]],
  [["serve", "status"], "serve", ["status"]],
  [["--help", "reload"], "reload", ["--help"]],
  [[], undefined, []],
])("%j names the command %p", async (argv, name, rest) => {
  const split = await splitCommand(argv);
  expect([split.name, split.rest]).toEqual([name, rest]);
});

test.each<[string[], string]>([
  [["app.ts", "-p", "1"], "app.ts"],
  [["--config=pounce.toml"], ""],
  [["-cpounce.toml", "--json"], ""],
  [["-c", "x", "restart"], "restart"],
  [[], ""],
])("of %j the word that may be mistyped is %p", async (argv, word) => {
  expect((await splitCommand(argv)).word).toBe(word);
});
