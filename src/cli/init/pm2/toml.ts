// Writes pieces as the text of a pounce.toml: in the order of the schema, each with its comment,
// and at the end what was not taken over.
import * as v from "valibot";
import { stringify } from "smol-toml";
import { onOneLine } from "../../../log/printable.ts";
import { KEYS } from "../../../config/schema/keys.ts";
import { type NotePiece, note, type Piece, type SettingPiece, type TomlValue } from "./pieces.ts";

/** Columns of a comment, with its mark. */
const COLUMNS = 80;

/** The names of the keys in their order, and where `[env]`, whose entries have any name, begins. */
const ORDER: readonly string[] = KEYS.map(({ name }) => name);
const ENV = "env.";

/** The pieces, with a note in place of each setting that the schema refuses. */
export function validPieces(pieces: readonly Piece[]): Piece[] {
  return pieces.map((piece) => (piece.kind === "setting" ? judgedSetting(piece) : piece));
}

/**
 * The text.
 * @param head sentences at the top of the file
 * @param pieces valid ones, and no key twice
 */
export function tomlText(head: readonly string[], pieces: readonly Piece[]): string {
  const placed = pieces.filter((piece) => piece.kind !== "note");
  const sections = new Map<string, string[]>([["", []]]);
  for (const piece of placed.toSorted((a, b) => rank(a.key) - rank(b.key))) {
    const [table, name] = splitKey(piece.key);
    const block = commentLines(piece.comment ?? "");
    if (piece.kind === "setting") block.push(assignment(name, piece));
    const section = sections.get(table) ?? [];
    const needsGap = section.length > 0 && (table === "" || block.length > 1);
    section.push([...(needsGap ? [""] : []), ...block].join("\n"));
    sections.set(table, section);
  }
  const blocks = [...sections].flatMap(([table, section]) =>
    section.length === 0 ? [] : [[...(table === "" ? [] : [`[${table}]`]), ...section].join("\n")],
  );
  const notes = pieces.filter((piece) => piece.kind === "note");
  const all = [commentLines(head.join(" ")).join("\n"), ...blocks, ...notesBlock(notes)];
  return `${all.join("\n\n")}\n`;
}

function rank(key: string): number {
  return key.startsWith(ENV) ? ORDER.length : ORDER.indexOf(key);
}

/** The table, "" for the root, and the name in it. */
function splitKey(key: string): [string, string] {
  const dot = key.indexOf(".");
  return dot === -1 ? ["", key] : [key.slice(0, dot), key.slice(dot + 1)];
}

function assignment(name: string, { value, isReference }: SettingPiece): string {
  const written = isReference ? value : escapedValue(value);
  return stringify({ [name]: written }).trimEnd();
}

function escapedValue(value: TomlValue): TomlValue {
  if (typeof value === "string") return escaped(value);
  return Array.isArray(value) ? value.map((text: string) => escaped(text)) : value;
}

/** Text as it is: "${" would refer to the environment. */
export function escaped(text: string): string {
  return text.replaceAll("${", () => "$${");
}

/** The piece, or the note on a value that the schema refuses. */
function judgedSetting(piece: SettingPiece): SettingPiece | NotePiece {
  const isVariable = piece.key.startsWith(ENV);
  const key = KEYS.find(({ name }) => name === (isVariable ? "env" : piece.key));
  if (key === undefined) throw new Error(`there is no key ${piece.key}`);
  const value = isVariable ? { [piece.key.slice(ENV.length)]: piece.value } : piece.value;
  if (v.is(key.schema, value)) return piece;
  const issue = v.safeParse(key.schema, value).issues?.[0];
  const why = issue?.type === "raw_check" ? issue.message : `expected ${key.expected}`;
  return note(isVariable ? piece.key : `${piece.key} = ${JSON.stringify(piece.value)}`, why);
}

function notesBlock(notes: readonly NotePiece[]): string[] {
  if (notes.length === 0) return [];
  const lines = notes.flatMap(({ of, reason }) => commentLines(`${of}: ${reason}`, "  "));
  return [["# Not taken from PM2's file:", ...lines].join("\n")];
}

/** Sentences as lines of a comment; nothing in them can end the comment. */
function commentLines(text: string, indent = ""): string[] {
  const lines: string[] = [];
  let line = "";
  const words = onOneLine(text).split(" ");
  for (const word of words.filter((it) => it !== "")) {
    const longer = line === "" ? `# ${indent}${word}` : `${line} ${word}`;
    if (line !== "" && longer.length > COLUMNS) {
      lines.push(line);
      line = `# ${indent}${indent}${word}`;
    } else {
      line = longer;
    }
  }
  return line === "" ? lines : [...lines, line];
}
