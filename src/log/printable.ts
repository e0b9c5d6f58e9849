// Makes text of others safe to show: what a client or an app has written can neither begin a line
// of the log nor command the terminal that shows it.

/**
 * Characters that do something instead of being seen: all controls, the line ends of Unicode, and
 * what turns the direction of writing. A tab and a line end are told apart by whoever asks.
 */
const UNSEEN = String.raw`\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff`;
const HARMFUL = new RegExp(`[${UNSEEN}]`);
const EACH_HARMFUL = new RegExp(`[${UNSEEN}]`, "g");
/** The same in JSON, which has its own escapes for the first of them. */
const EACH_LEFT_BY_JSON = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** How far the lines of a text after the first are indented, as none of them begins an entry. */
const INDENT = "    ";

function escaped(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, "0")}`
    : `\\u${code.toString(16).padStart(4, "0")}`;
}

/**
 * The text with harmful characters as `\x1b`. Line ends and tabs stay. A line end of two is one.
 */
export function printable(text: string): string {
  if (!HARMFUL.test(text)) return text;
  return text.replaceAll("\r\n", "\n").replaceAll(EACH_HARMFUL, escaped);
}

/** The same on one line: for names and paths. Tabs and line ends, too, are escaped. */
export function onOneLine(text: string): string {
  return printable(text).replaceAll("\n", "\\n").replaceAll("\t", "\\t");
}

/** The same as one entry of a log: every line after the first is indented. */
export function asEntry(text: string): string {
  const safe = printable(text);
  return safe.includes("\n") ? safe.replaceAll("\n", `\n${INDENT}`) : safe;
}

/** JSON as `JSON.stringify` gives it, with what it leaves of harmful characters escaped as well. */
export function printableJson(json: string): string {
  return json.replaceAll(
    EACH_LEFT_BY_JSON,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
