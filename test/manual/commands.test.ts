// Every command line of pounce in the README and the manual has flags and arguments that there are,
// by the descriptions that pounce itself judges them by; npm scripts and signals exist, too.
import { expect, test } from "bun:test";
import { constants } from "node:os";
import { scripts } from "../../package.json";
import { judge } from "../../src/cli/judge.ts";
import { FOR_PLAIN_POUNCE, ROOT } from "../../src/cli/root.ts";
import { splitCommand } from "../../src/cli/split-command.ts";
import { CHAPTER_FILES, BLOCKS, codeSpans, PAGES } from "../helpers/manual.ts";

const COMMANDS = { ...ROOT.subCommands, ...FOR_PLAIN_POUNCE };

/** What ends a simple command, if no part in single quotes has it. */
const SEPARATOR = /(?:&&|\|\||[|;&()])(?=(?:[^']*'[^']*')*[^']*$)/;
/** A word, of which a part may be in single quotes. */
const WORD = /(?:'[^']*'|[^\s'])+/g;

/** Simple commands of a shell, cut into words. */
function simpleCommands(script: string): string[][] {
  return script
    .replaceAll("\\\n", " ")
    .split("\n")
    .map((line) => line.replace(/^\$ /, "").replace(/(^|\s)#.*$/, ""))
    .flatMap((line) => line.split(SEPARATOR))
    .map((command) => command.replaceAll(/[<>].*$/g, "").match(WORD) ?? [])
    .filter((words) => words.length > 0)
    .map((words) => words.map((word) => word.replaceAll("'", "")));
}

/** The arguments of pounce where a command is one of pounce, also inside of a container. */
function argumentsOf(words: readonly string[]): string[] | undefined {
  const [first = ""] = words;
  const at = first === "docker" && words[1] === "exec" ? 3 : 0;
  return /^(?:pounce|\.\/server)$/.test(words[at] ?? "") ? words.slice(at + 1) : undefined;
}

/** What is wrong with the arguments; `undefined` when nothing is. */
async function mistake(argv: readonly string[]): Promise<string | undefined> {
  const { name, word, rest } = await splitCommand(argv);
  if (name === undefined && /^[a-z]+$/.test(word)) return `no command ${word}`;
  const command = await COMMANDS[name ?? ROOT.default]?.();
  if (command === undefined) return `no command ${name}`;
  if (name === "help" && rest[0] !== undefined) return helpMistake(rest[0]);
  const judged = judge(rest, command);
  return judged.kind === "mistake" ? judged.message : undefined;
}

function helpMistake(topic: string): string | undefined {
  const is = topic === "TOPIC" || topic in COMMANDS || CHAPTER_FILES.includes(`${topic}.md`);
  return is ? undefined : `no topic ${topic}`;
}

const inBlocks = BLOCKS.filter(({ language }) => language === "sh" || language === "console");

test.each(inBlocks.map((block) => [block.at, block] as const))(
  "%s: its commands of pounce are ones that pounce takes",
  async (_, { language, text }) => {
    const lines = text.split("\n").filter((line) => language === "sh" || line.startsWith("$ "));
    for (const words of simpleCommands(lines.join("\n"))) {
      const argv = argumentsOf(words);
      if (argv === undefined) continue;
      expect({ words, mistake: await mistake(argv) }).toEqual({ words, mistake: undefined });
    }
  },
);

test.each(PAGES.map((page) => [page.name, page] as const))(
  "%s: so are those in its text",
  async (_, page) => {
    for (const code of codeSpans(page)) {
      const [first, ...argv] = code.split(/\s+/);
      // Of a command that is named alone, what it needs may be left out.
      const isCommand = first === "pounce" && argv.length > 0 && !code.includes("…");
      if (!isCommand || /^(?:master|worker)$/.test(argv[0] ?? "")) continue;
      const found = await mistake(argv);
      const isIncomplete = found?.endsWith("got nothing") === true && argv.length === 1;
      expect({ code, mistake: isIncomplete ? undefined : found }).toEqual({
        code,
        mistake: undefined,
      });
    }
  },
);

test.each(PAGES.map((page) => [page.name, page] as const))(
  "%s: scripts of npm and signals exist",
  (_, { text }) => {
    for (const [, script = ""] of text.matchAll(
      /npm (?:run )?(start|test(?::\w+)?|(?<=run )[a-z:]+)/g,
    )) {
      expect(Object.keys(scripts)).toContain(script);
    }
    for (const [, signal = ""] of text.matchAll(/kill -([A-Z][A-Z0-9]+)/g)) {
      expect(Object.keys(constants.signals)).toContain(`SIG${signal}`);
    }
  },
);

test("a command line that pounce does not take is found", async () => {
  expect(await mistake(["reload", "--wayt"])).toContain("--wayt: unknown flag");
  expect(await mistake(["relaod"])).toBe("no command relaod");
  expect(await mistake(["help", "nothing"])).toBe("no topic nothing");
  expect(simpleCommands("a 'b c; d' \\\ne")).toEqual([["a", "b c; d", "e"]]);
  expect(simpleCommands("a b && c # d\n$ x | y z\n")).toEqual([
    ["a", "b"],
    ["c"],
    ["x"],
    ["y", "z"],
  ]);
});
