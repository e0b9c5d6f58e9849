// The commands as a whole: each with its help, all in the overview.
import { describe, expect, test } from "bun:test";
import { flagsOf } from "../../src/cli/define.ts";
import { helpText } from "../../src/cli/help.ts";
import { overviewText } from "../../src/cli/overview.ts";
import { ROOT } from "../../src/cli/root.ts";

/** The lines and columns of a terminal that nobody has made larger. */
const SCREEN = { lines: 30, columns: 80 };

function expectToFit(text: string, { lines, columns }: { lines: number; columns: number }): void {
  expect(text).toEndWith("\n");
  expect(text.split("\n").length).toBeLessThanOrEqual(lines);
  expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(columns);
}

describe("the commands", () => {
  test.each(Object.entries(ROOT.subCommands))(
    "%s: its help names it, fits a screen and has an example",
    async (name, load) => {
      const command = await load();
      expect(command.meta.name).toBe(name);
      const text = helpText(command, ROOT);
      expect(text).toMatch(new RegExp(`^pounce \\[?${name}\\b`));
      expect(text).toMatch(/^ {2}-h, --help +print this$/m);
      expect(command.meta.examples.length).toBeGreaterThan(0);
      // The help of serve, and of what takes the same, has a line for each setting.
      const isLong = [...ROOT.serving, "check"].includes(name);
      expectToFit(text, isLong ? { ...SCREEN, lines: 99 } : SCREEN);
    },
  );

  test.each(Object.entries(ROOT.subCommands))(
    "%s: each flag says what it means, and what it expects if it takes a value",
    async (_, load) => {
      for (const [name, { type, description, expected, valueHint }] of flagsOf(await load())) {
        expect([name, description]).toEqual([name, expect.stringMatching(/./)]);
        if (type === "boolean") continue;
        expect([name, expected, valueHint]).toEqual([name, expect.any(String), expect.any(String)]);
      }
    },
  );

  test("are all in the overview, which fits a screen", async () => {
    const text = await overviewText(ROOT);
    for (const load of Object.values(ROOT.subCommands)) {
      const { name, description } = (await load()).meta;
      expect(text).toMatch(new RegExp(`^  ${name} +${RegExp.escape(description)}$`, "m"));
    }
    expectToFit(text, SCREEN);
  });
});
