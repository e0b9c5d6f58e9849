// Variables that are Bun's own.
import { expect, test } from "bun:test";
import { RESERVED_VARIABLES } from "../../../src/config/schema/reserved-variables.ts";
import { runtimeNotes } from "../../../src/config/sources/runtime-variables.ts";
import { readVariables } from "../../../src/config/sources/environment.ts";
import { LAUNCHER_VARIABLE } from "../../../src/launcher.ts";

test("variables that change the runtime are told, and no worker gets those of Bun", () => {
  const notes = runtimeNotes({
    BUN_INSPECT: "ws://x",
    BUN_OPTIONS: "--x",
    NODE_OPTIONS: "--x",
    PATH: "/bin",
    BUN_INSTALL: "/x",
  });
  expect(notes.map((note) => note.split(" ")[0])).toEqual([
    "BUN_INSPECT",
    "BUN_OPTIONS",
    "NODE_OPTIONS",
  ]);
  expect(RESERVED_VARIABLES).toContain("BUN_INSPECT");
  expect(RESERVED_VARIABLES).toContain("BUN_OPTIONS");
  expect(runtimeNotes({ NODE_OPTIONS: "" })).toEqual([]);
});

test("what the launcher of the npm package tells is no setting, and no worker gets it", () => {
  const env = { [LAUNCHER_VARIABLE]: "/app/node_modules/.bin/pounce" };
  expect(readVariables(env, "/")).toMatchObject({ errors: [], warnings: [] });
  expect(RESERVED_VARIABLES).toContain(LAUNCHER_VARIABLE);
});
