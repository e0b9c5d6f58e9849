// Makes foreign text safe to show: whatever a client or an app has written can neither start a log
// line nor control the terminal that shows it.

/**
 * Characters that act instead of being seen: all controls, Unicode's line ends, and changes of the
 * writing direction. Tabs and line ends are handled separately.
 */
const UNSEEN = String.raw`\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff`;
const HARMFUL = new RegExp(`[${UNSEEN}]`);
const EACH_HARMFUL = new RegExp(`[${UNSEEN}]`, "g");
/** The same in JSON, which already escapes the first of them itself. */
const EACH_LEFT_BY_JSON = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** The indentation of all lines but the first, since none of them starts an entry. */
const INDENT = "    ";

function escaped(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, "0")}`
    : `\\u${code.toString(16).padStart(4, "0")}`;
}

/**
 * The text with harmful characters as `\x1b`. Tabs and line ends stay; CR LF becomes one line end.
 */
export function printable(text: string): string {
  if (!HARMFUL.test(text)) return text;
  return text.replaceAll("\r\n", "\n").replaceAll(EACH_HARMFUL, escaped);
}

/** The same on one line, for names and paths. Tabs and line ends are escaped too. */
export function onOneLine(text: string): string {
  return printable(text).replaceAll("\n", "\\n").replaceAll("\t", "\\t");
}

/** The same as one log entry: every line but the first is indented. */
export function asEntry(text: string): string {
  const safe = printable(text);
  return safe.includes("\n") ? safe.replaceAll("\n", `\n${INDENT}`) : safe;
}

/** The output of `JSON.stringify` with the harmful characters that it leaves escaped as well. */
export function printableJson(json: string): string {
  return json.replaceAll(
    EACH_LEFT_BY_JSON,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
