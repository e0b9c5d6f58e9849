// The header `Forwarded` (RFC 7239): what each proxy says about the request that it has got, the
// nearest one last.

export interface Element {
  /** As it was written. */
  readonly text: string;
  /** Whom it is about (`for`), without quotes: an address and perhaps a port, or a name. */
  readonly node: string | undefined;
}

const TOKEN = String.raw`[\w!#$%&'*+.^${"`"}|~-]+`;
const QUOTED = String.raw`"(?:[^"\\\x00-\x1f\x7f]|\\[\x20-\x7e])*"`;
const PAIR = String.raw`(${TOKEN})=(${TOKEN}|${QUOTED})`;
/** A pair and what follows it: another pair, another element, or nothing. */
const NEXT = new RegExp(String.raw`[\t ]*${PAIR}[\t ]*([;,]|$)`, "y");

/** Undefined: it is not valid. */
export function readForwarded(header: string): Element[] | undefined {
  const elements: Element[] = [];
  let start = 0;
  let node: string | undefined;
  NEXT.lastIndex = 0;
  while (NEXT.lastIndex < header.length) {
    const [whole, name = "", value = "", end] = NEXT.exec(header) ?? [];
    if (whole === undefined) return undefined;
    if (name.toLowerCase() === "for") {
      if (node !== undefined) return undefined;
      node = unquoted(value);
    }
    if (end === ";") continue;
    const after = end === "," ? NEXT.lastIndex - 1 : header.length;
    elements.push({ text: header.slice(start, after).trim(), node });
    [start, node] = [NEXT.lastIndex, undefined];
    if (end === "") break;
  }
  // A list does not end with its comma, nor a pair with its semicolon.
  return /[;,][\t ]*$/.test(header) || elements.length === 0 ? undefined : elements;
}

function unquoted(value: string): string {
  return value.startsWith('"') ? value.slice(1, -1).replaceAll(/\\(.)/g, "$1") : value;
}
