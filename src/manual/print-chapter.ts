// A chapter as a terminal shows it. The source is written to be read as it is: 80 columns, lists,
// small tables. So only the marks go that mean nothing there, and a terminal gets some colour.

/** Links to other chapters, of which a terminal has the name alone. */
const LINK = /\[([^\]]+)\]\(([^)]+)\)/g;
const COMMENT = /^<!--.*-->\n\n?/gm;
const FENCE = /^ *```.*\n?/gm;

export interface Look {
  /** Whether headings and code stand out by escape sequences. */
  readonly colours: boolean;
}

/** The text of a chapter, from its markdown. It ends with a line end. */
export function chapterText(markdown: string, { colours }: Look): string {
  const plain = markdown.replaceAll(COMMENT, "").replaceAll(LINK, "$1");
  return colours ? coloured(plain) : plain;
}

function coloured(text: string): string {
  const parts = text.split(FENCE);
  // Every second part is a block of code.
  return parts.map((part, index) => (index % 2 === 1 ? cyan(part) : prose(part))).join("");
}

function prose(text: string): string {
  return text
    .replaceAll(/^#+ (.*)$/gm, (_, heading: string) => bold(heading))
    .replaceAll(/\*\*([^*]+)\*\*/g, (_, words: string) => bold(words))
    .replaceAll(/`([^`]+)`/g, (_, code: string) => cyan(code));
}

const bold = (text: string): string => `\u001b[1m${text}\u001b[22m`;
const cyan = (text: string): string => `\u001b[36m${text}\u001b[39m`;
