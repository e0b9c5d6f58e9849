// A chapter as a terminal shows it. The source is written to be read as it is: 80 columns, lists,
// small tables. So only the marks go that mean nothing there. A terminal gets bold headings and
// code in colour; what is piped stays markdown.

/** Links to other chapters: a terminal has their names. */
const LINK = /\[([^\]]+)\]\([^)]+\)/g;
const COMMENT = /^<!--.*-->\n\n?/gm;
const FENCE = /^```.*\n/gm;

export interface Look {
  /** Whether headings and code stand out by escape sequences. */
  readonly colours: boolean;
}

/** The text of a chapter, from its markdown. It ends with a line end. */
export function chapterText(markdown: string, { colours }: Look): string {
  const plain = markdown.replaceAll(COMMENT, "").replaceAll(LINK, "$1");
  // Every second part is a block of code.
  const parts = plain.split(FENCE);
  return colours ? parts.map((part, at) => (at % 2 ? block(part) : prose(part))).join("") : plain;
}

function prose(text: string): string {
  return text
    .replaceAll(/^#+ (.*)$/gm, (_, heading: string) => bold(heading))
    .replaceAll(/\*\*([^*]+)\*\*/g, (_, words: string) => bold(words))
    .replaceAll(/`([^`]+)`/g, (_, code: string) => cyan(code));
}

function block(code: string): string {
  return cyan(code.replaceAll(/^(?=.)/gm, "  "));
}

const bold = (text: string): string => `\u001b[1m${text}\u001b[22m`;
const cyan = (text: string): string => `\u001b[36m${text}\u001b[39m`;
