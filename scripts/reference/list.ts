// The items of a reference: a list in markdown whose lines fit 80 columns.

const COLUMNS = 80;

/** An item: names, and below them sentences, each given without capital and full stop. */
export function item(names: string, sentences: readonly string[]): string {
  return `- ${names}:\n  ${wrapped(sentences.map(sentence).join(" "), 2)}`;
}

/** In lines that fit; all but the first have an indent. */
export function wrapped(text: string, indent = 0): string {
  const lineEnd = `\n${" ".repeat(indent)}`;
  return Bun.wrapAnsi(text, COLUMNS - indent).replaceAll("\n", lineEnd);
}

function sentence(text: string): string {
  return `${text[0]?.toUpperCase()}${text.slice(1)}.`;
}
