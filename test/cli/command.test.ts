import { describe, expect, test } from "bun:test";
import { type CommandSpec, parseCommand } from "../../src/cli/command.ts";

const SPEC: CommandSpec = {
  name: "feed",
  does: ["Feeds it."],
  operand: {
    placeholder: "FOOD",
    expected: "fish, meat",
    choices: ["fish", "meat"],
    isRequired: true,
  },
  flags: [
    { name: "bowl", short: "b", placeholder: "PATH", expected: "a path", meaning: "where" },
    {
      name: "size",
      placeholder: "SIZE",
      expected: '"small" or "big"',
      meaning: "how much",
      choices: ["small", "big"],
    },
    { name: "twice", meaning: "so often" },
  ],
  examples: ["pounce feed fish"],
  run: async () => 0,
};

const WITHOUT_OPERAND: CommandSpec = { name: "nap", does: [], examples: [], run: async () => 0 };

describe("the arguments of a command", () => {
  test("give its operand and flags", () => {
    expect(parseCommand(SPEC, ["fish", "-b", "x", "--twice", "--size=big"])).toEqual({
      kind: "run",
      given: {
        operand: "fish",
        flags: new Map([
          ["bowl", ["x"]],
          ["twice", []],
          ["size", ["big"]],
        ]),
      },
    });
  });

  const mistakes: [string[], string][] = [
    [[], "FOOD: expected fish, meat, got nothing"],
    [["fisch"], 'FOOD: expected fish, meat, got "fisch" (did you mean "fish"?)'],
    [["fish", "meat"], '"meat": not expected, one FOOD is enough'],
    [["fish", "--bwol", "x"], '--bwol: unknown flag (did you mean "--bowl"?)'],
    [["fish", "--bowl"], "--bowl: expected a path, got nothing"],
    [["fish", "--twice=1"], "--twice: takes no value"],
    [["fish", "--size", "huge"], '--size: expected "small" or "big", got "huge"'],
  ];

  test.each(mistakes)("%j is the mistake %p", (argv, message) => {
    expect(parseCommand(SPEC, argv)).toEqual({ kind: "usage-error", message });
  });

  test("may have no operand where there is none, or where it may be left out", () => {
    expect(parseCommand(WITHOUT_OPERAND, [])).toMatchObject({ kind: "run" });
    expect(parseCommand(WITHOUT_OPERAND, ["x"])).toEqual({
      kind: "usage-error",
      message: '"x": not expected, it takes no argument',
    });
    const optional = { ...SPEC, operand: { ...SPEC.operand!, isRequired: false } };
    expect(parseCommand(optional, [])).toMatchObject({ given: { operand: undefined } });
  });

  test("ask for help, whatever else is wrong", () => {
    const text = [
      "pounce feed FOOD [flags]",
      "Feeds it.",
      "",
      "  -b, --bowl PATH  where",
      "      --size SIZE  how much",
      "      --twice      so often",
      "  -h, --help       print this",
      "",
      "  pounce feed fish",
      "",
    ].join("\n");
    expect(parseCommand(SPEC, ["--nonsense", "-h"])).toEqual({ kind: "help", text });
  });
});
