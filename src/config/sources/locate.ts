// Finds where the keys of a TOML text are, so that an error can name line and column; the parser
// gives only values.
//
// The text must be valid TOML (the parser has accepted it), which keeps this a scanner: it steps
// over comments, strings and values, and notes each key on the way.
import { parse } from "smol-toml";
import type { KeyPath } from "../schema/keys.ts";

/** A place in a text: both count from 1, columns in UTF-16 units as editors do. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Where the keys of a TOML text are, and what is written there. */
export interface Located {
  /** The first place of the key's own name; undefined: it is not in the text. */
  positionOf(path: KeyPath): Position | undefined;
  /**
   * A number, boolean or date as it is written: to the parser, `1.10` is 1.1. Undefined: it is
   * another value.
   */
  plainValueOf(path: KeyPath): string | undefined;
}

/** Locates all keys of a valid TOML text. */
export function locateKeys(toml: string): Located {
  const { offsets, plainValues } = new Scanner(toml);
  return {
    positionOf(path) {
      const offset = offsets.get(identity(path));
      return offset === undefined ? undefined : positionAt(toml, offset);
    },
    plainValueOf: (path) => plainValues.get(identity(path)),
  };
}

function positionAt(toml: string, offset: number): Position {
  const before = toml.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  // An editor does not count a byte order mark as a character.
  const mark = lineStart === 0 && toml.startsWith("\uFEFF") ? 1 : 0;
  return { line: before.split("\n").length, column: offset - lineStart - mark + 1 };
}

function identity(path: KeyPath): string {
  return JSON.stringify(path);
}

// No pattern repeats a group: on a long text that would overflow the matcher's stack.
/** White space, line ends (and the byte order mark, which a RegExp counts as white space). */
const SPACE = /\s*/y;
const BLANKS = /[ \t]*/y;
const COMMENT = /#[^\n]*/y;
const BARE_KEY = /[A-Za-z0-9_-]+/y;
/** Numbers, booleans and dates, which may hold a space. */
const PLAIN_VALUE = /[^,\]}#\n]+/y;

class Scanner {
  #offset = 0;
  readonly #arrayLengths = new Map<string, number>();
  readonly offsets = new Map<string, number>();
  readonly plainValues = new Map<string, string>();

  constructor(readonly text: string) {
    let table: KeyPath = [];
    this.#skipTrivia();
    while (this.#offset < this.text.length) {
      if (this.text[this.#offset] === "[") {
        table = this.#header();
      } else {
        this.#assignment(table);
      }
      this.#skipTrivia();
    }
  }

  /** Steps over `[a.b]` or `[[a.b]]`; returns the path of the table that it opens. */
  #header(): KeyPath {
    const brackets = this.text[this.#offset + 1] === "[" ? 2 : 1;
    this.#offset += brackets;
    const names = this.#dottedKey();
    const path: string[] = [];
    for (const [index, { name, offset }] of names.entries()) {
      path.push(name);
      this.#note(path, offset);
      const length = this.#arrayLengths.get(identity(path)) ?? 0;
      if (brackets === 2 && index === names.length - 1) {
        this.#arrayLengths.set(identity(path), length + 1);
        path.push(String(length));
        this.#note(path, offset);
      } else if (length > 0) {
        // A name on the way means the last element that its array has so far.
        path.push(String(length - 1));
      }
    }
    this.#offset += brackets;
    return path;
  }

  /** Steps over `a.b = value`. */
  #assignment(table: KeyPath): void {
    const path = [...table];
    for (const { name, offset } of this.#dottedKey()) {
      path.push(name);
      this.#note(path, offset);
    }
    this.#offset += "=".length;
    this.#skip(BLANKS);
    this.#value(path);
  }

  /** Steps over a key and the blanks around its names, up to its `=` or `]`. */
  #dottedKey(): { name: string; offset: number }[] {
    const names = [];
    do {
      if (names.length > 0) this.#offset += ".".length;
      this.#skip(BLANKS);
      names.push({ offset: this.#offset, name: this.#keyName() });
      this.#skip(BLANKS);
    } while (this.text[this.#offset] === ".");
    return names;
  }

  #keyName(): string {
    const quote = this.text[this.#offset];
    if (quote !== '"' && quote !== "'") return this.#skip(BARE_KEY);
    const start = this.#offset;
    this.#string(quote);
    // The parser itself decodes the escapes, so that both agree on the name.
    return Object.keys(parse(`${this.text.slice(start, this.#offset)} = 0`))[0] ?? "";
  }

  #value(path: KeyPath): void {
    const start = this.text.slice(this.#offset, this.#offset + 3);
    switch (start[0]) {
      case '"':
      case "'":
        this.#string(start === '"""' || start === "'''" ? start : start[0]);
        return;
      case "[":
        this.#list("]", (index) => this.#value([...path, String(index)]));
        return;
      case "{":
        this.#list("}", () => this.#assignment(path));
        return;
      default:
        this.plainValues.set(identity(path), this.#skip(PLAIN_VALUE).trim());
    }
  }

  /** Steps over a string that begins and ends with the given quotes. */
  #string(quotes: string): void {
    this.#offset += quotes.length;
    while (this.#offset < this.text.length && !this.text.startsWith(quotes, this.#offset)) {
      const isEscape = quotes[0] === '"' && this.text[this.#offset] === "\\";
      this.#offset += isEscape ? 2 : 1;
    }
    this.#offset += quotes.length;
    // In a multi-line string, one or two quotes may stand right before the closing ones.
    while (quotes.length === 3 && this.text[this.#offset] === quotes[0]) {
      this.#offset += 1;
    }
  }

  /** Steps over an array or an inline table, handing each element to `element`. */
  #list(end: "]" | "}", element: (index: number) => void): void {
    this.#offset += "[".length;
    this.#skipTrivia();
    for (let index = 0; this.text[this.#offset] !== end; index++) {
      element(index);
      this.#skipTrivia();
      if (this.text[this.#offset] !== ",") break;
      this.#offset += ",".length;
      this.#skipTrivia();
    }
    this.#offset += end.length;
  }

  #note(path: KeyPath, offset: number): void {
    const key = identity(path);
    if (!this.offsets.has(key)) this.offsets.set(key, offset);
  }

  /** Steps over white space, line ends and comments. */
  #skipTrivia(): void {
    do {
      this.#skip(SPACE);
    } while (this.#skip(COMMENT) !== "");
  }

  /** Steps over what the pattern matches here. What must be there is, since the text is valid. */
  #skip(pattern: RegExp): string {
    pattern.lastIndex = this.#offset;
    const matched = pattern.exec(this.text)?.[0] ?? "";
    this.#offset += matched.length;
    return matched;
  }
}
