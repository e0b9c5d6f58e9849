// How arguments are read, and which are mistakes.
import { describe, expect, test } from "bun:test";
import { parseArgs } from "citty";
import { type Arg, type Command, defineCommand } from "../../src/cli/define.ts";
import { helpText } from "../../src/cli/help.ts";
import { judge } from "../../src/cli/judge.ts";

const FOOD: Arg = {
  type: "positional",
  valueHint: "FOOD",
  expected: "fish, meat",
  options: ["fish", "meat"],
  required: true,
};

function feeding(food: Arg): Command {
  return defineCommand({
    meta: {
      name: "feed",
      description: "feed it",
      help: ["Feeds it."],
      examples: ["pounce feed fish"],
    },
    args: {
      food,
      bowl: {
        type: "string",
        alias: "b",
        valueHint: "PATH",
        expected: "a path",
        description: "where",
      },
      watch: {
        type: "string",
        valueHint: "HOURS",
        expected: "hours",
        description: "look after it",
        bare: "1",
      },
      size: {
        type: "enum",
        options: ["small", "big"],
        valueHint: "SIZE",
        expected: '"small" or "big"',
        description: "how much",
        default: "small",
      },
      guest: { type: "string", expected: "a name", isList: true },
      twice: { type: "boolean", description: "so often" },
    },
    run: async () => 0,
  });
}

const FEED = feeding(FOOD);
const NAP = defineCommand({
  meta: { name: "nap", description: "nap", help: [], examples: [] },
  args: {},
  run: async () => 0,
});

/** What a command is given: judged here, read by citty. */
function given(argv: readonly string[], command = FEED): Record<string, unknown> {
  const judged = judge(argv, command);
  if (judged.kind !== "valid") throw new Error(JSON.stringify(judged));
  return { ...parseArgs(judged.rawArgs, command.args) };
}

describe("the arguments of a command", () => {
  test("come as citty reads them, with defaults", () => {
    const args = given(["fish", "-b", "x", "--twice"]);
    expect(args).toMatchObject({ food: "fish", bowl: "x", size: "small", twice: true });
  });

  // Each is a way in which citty alone would read something else than was written.
  const readings: [string[], Record<string, unknown>][] = [
    [["fish", "--guest", "a", "--guest=b"], { guest: "a,b" }],
    [["fish", "--bowl", "-1"], { bowl: "-1" }],
    [["--watch", "fish"], { watch: "1", food: "fish" }],
    [["--watch=2", "fish"], { watch: "2", food: "fish" }],
    [["fish", "--bowl=--no-x"], { bowl: "--no-x" }],
    [["fish", "--bowl="], { bowl: "" }],
    [["fish", "--bowl=a=b"], { bowl: "a=b" }],
    [["-bx", "--size=big", "--", "fish"], { bowl: "x", size: "big", food: "fish" }],
  ];
  test.each(readings)("%j is read as %j", (argv, args) => {
    expect(given(argv)).toMatchObject(args);
  });

  const mistakes: [string[], string][] = [
    [[], "FOOD: expected fish, meat, got nothing"],
    [["fisch"], 'FOOD: expected fish, meat, got "fisch" (did you mean "fish"?)'],
    [["fish", "meat"], '"meat": unexpected argument (FOOD is already "fish")'],
    [["fish", "--bwol", "x"], '--bwol: unknown flag (did you mean "--bowl"?)'],
    [["fish", "--food", "x"], '--food: unknown flag (the nearest valid flag is "--bowl")'],
    [["fish", "--bowl"], "--bowl: expected a path, got nothing"],
    [["fish", "--twice=1"], "--twice: takes no value"],
    [["fish", "--no-twice"], '--no-twice: unknown flag (the nearest valid flag is "--twice")'],
    [["fish", "--size", "huge"], '--size: expected "small" or "big", got "huge"'],
    [["fish", "-b", "x", "--bowl=y"], "--bowl: given more than once"],
  ];
  test.each(mistakes)("%j is the mistake %p", (argv, message) => {
    expect(judge(argv, FEED)).toEqual({ kind: "mistake", message });
  });

  test("may have no operand where there is none, or where it may be left out", () => {
    expect(judge([], NAP)).toMatchObject({ kind: "valid" });
    expect(judge(["x"], NAP)).toEqual({
      kind: "mistake",
      message: '"x": unexpected argument (it takes no argument)',
    });
    expect(given([], feeding({ ...FOOD, required: false }))["food"]).toBeUndefined();
  });

  test("ask for help, whatever else is wrong", () => {
    expect(judge(["--nonsense", "-h"], FEED)).toEqual({ kind: "help" });
    const text = [
      "pounce feed FOOD [flags]",
      "Feeds it.",
      "",
      "  -b, --bowl PATH      where",
      "      --watch[=HOURS]  look after it",
      "      --size SIZE      how much [small]",
      "      --guest",
      "      --twice          so often",
      "  -h, --help           print this",
      "",
      "  pounce feed fish",
      "",
    ];
    expect(
      helpText(FEED, { default: "serve" })
        .split("\n")
        .map((line) => line.trimEnd()),
    ).toEqual(text);
  });
});
