// A chapter as a terminal shows it. Its source can be read as it is (80 columns, lists, small
// tables), so only the marks that mean nothing there are removed. A terminal gets bold headings,
// coloured code and tables without lines; piped output stays markdown.
import { table } from "./table.ts";

/** `[apps](apps.md#a-part)`: a chapter by its name, which a terminal can print. */
const CHAPTER_LINK = /\[([^\]]+)\]\(\1\.md(?:#[^)]*)?\)/g;
/** The same where it is a whole cell of a table: a name will do, and the columns stay in line. */
const CHAPTER_CELL = /(?<=^\| )\[([^\]]+)\]\(\1\.md\)(?= *\|)/gm;
const LINK = /\[([^\]]+)\]\([^)]+\)/g;
/** Another link in a cell of a table, and the blanks at its end. */
const LINK_IN_CELL = /(?<=^\|.*)\[([^\]]+)\]\(([^)]+)\)([^|\n]*)\|/gm;
const COMMENT = /^<!--.*-->\n\n?/gm;
/** On a line of its own. */
const PICTURE = /^!\[.*\]\(.*\)\n\n?/gm;
const FENCE = /^```.*\n/gm;
/** Its first row, the line below it, its other rows. */
const TABLE = /^\|(.*)\|\n\|[-| ]*\|\n((?:\|.*\|\n)+)/gm;
/** A command line, in a block and in the text. Only plain pounce has `init`, `build`, `dev`. */
const IN_BLOCK = /^pounce(?= (?!init\b|build\b|dev\b))/gm;
const IN_TEXT = /(?<=`)pounce(?= (?!init\b|build\b|dev\b))/g;

interface Look {
  /** Whether headings and code stand out by escape sequences. */
  readonly colours: boolean;
  /** What pounce is called on a command line. */
  readonly program: string;
}

/** The text of a chapter, from its markdown. It ends with a line end. */
export function chapterText(markdown: string, { colours, program }: Look): string {
  const text = markdown
    .replaceAll(COMMENT, "")
    .replaceAll(PICTURE, "")
    .replaceAll(CHAPTER_CELL, (link, name: string) => `\`${name}\``.padEnd(link.length))
    .replaceAll(LINK_IN_CELL, (all, name: string, target: string, rest: string) =>
      target === `${name}.md` ? all : `${name}${rest}${" ".repeat(target.length + 4)}|`,
    )
    .replaceAll(CHAPTER_LINK, "`pounce help $1`")
    .replaceAll(LINK, "$1");
  const fences = colours ? [] : (text.match(FENCE) ?? []);
  // Every second part is a block of code.
  const parts = text.split(FENCE).map((part, at) => {
    const isBlock = at % 2 === 1;
    const named = part.replaceAll(isBlock ? IN_BLOCK : IN_TEXT, program);
    if (!colours) return named;
    return isBlock ? cyan(named.replaceAll(/^(?=.)/gm, "  ")) : prose(named);
  });
  return parts.map((part, at) => part + (fences[at] ?? "")).join("");
}

function prose(text: string): string {
  return text
    .replaceAll(/^#+ (.*)$/gm, (_, heading: string) => bold(heading))
    .replaceAll(TABLE, (_, head: string, rows: string) => tableText(head, rows))
    .replaceAll(/\*\*([^*]+)\*\*/g, (_, words: string) => bold(words))
    .replaceAll(/`([^`]+)`/g, (_, code: string) => cyan(code));
}

function tableText(head: string, rows: string): string {
  const lines = rows.trimEnd().split("\n");
  const [first = "", ...others] = table(
    cellsOf(head),
    lines.map((row) => cellsOf(row.slice(1, -1))),
  ).split("\n");
  return [bold(first), ...others, ""].join("\n");
}

function cellsOf(row: string): string[] {
  return row.split("|").map((cell) => cell.replaceAll("`", "").trim());
}

const bold = (text: string): string => `\u001b[1m${text}\u001b[22m`;
const cyan = (text: string): string => `\u001b[36m${text}\u001b[39m`;
