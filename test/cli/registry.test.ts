import { describe, expect, test } from "bun:test";
import { renderHelp } from "../../src/cli/help.ts";
import { overviewText } from "../../src/cli/overview.ts";
import { COMMANDS } from "../../src/cli/registry.ts";

/** The lines and columns of a terminal that nobody has made larger. */
const SCREEN = { lines: 30, columns: 80 };

function expectToFit(text: string, { lines, columns }: { lines: number; columns: number }): void {
  expect(text).toEndWith("\n");
  expect(text.split("\n").length).toBeLessThanOrEqual(lines);
  expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(columns);
}

describe("the commands", () => {
  test("have names of their own", () => {
    const names = COMMANDS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  test.each(COMMANDS.map((entry) => [entry.name, entry] as const))(
    "%s: its help names it, fits a screen and has an example",
    async (name, entry) => {
      const { help } = await entry.load();
      expect(help.usage[0]).toMatch(new RegExp(`^pounce \\[?${name}\\b`));
      expect(help.flags.map((flag) => flag.name)).toContain("help");
      expect(help.examples.length).toBeGreaterThan(0);
      // The help of serve, and of check, which takes the same, has a line for each setting.
      const isLong = name === "serve" || name === "check";
      expectToFit(renderHelp(help), isLong ? { lines: 99, columns: 99 } : SCREEN);
    },
  );

  test("are all in the overview, which fits a screen", () => {
    const text = overviewText();
    for (const { name, summary } of COMMANDS) {
      expect(text).toMatch(new RegExp(`^  ${name} +${RegExp.escape(summary)}$`, "m"));
    }
    expectToFit(text, SCREEN);
  });
});
