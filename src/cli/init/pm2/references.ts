// Which parts of a variable's text PM2's file has taken from the environment. They stay there, and
// pounce.toml refers to them: they may be secrets, and differ from machine to machine.
import { escaped } from "./toml.ts";

/** What PM2's file took from the environment, and what it put there itself (with dotenv). */
export interface EnvironmentUse {
  /** The variables that it read. */
  readonly read: ReadonlySet<string>;
  /** It has listed them all, as `{ ...process.env }` does. */
  readonly isCopied: boolean;
  /** The variables that it set. */
  readonly set: Readonly<Record<string, string>>;
  /** The environment before it was loaded. */
  readonly shell: Readonly<Record<string, string | undefined>>;
}

/** A text for pounce.toml that refers to the environment. */
export interface Referring {
  readonly value: string;
  /** The variables that it refers to. */
  readonly to: readonly string[];
}

/** A value that is long enough to be equal to another, or a part of it, by no chance. */
const TELLING_LENGTH = 8;
/** NODE_ENV is often read only to decide something, and has one of few values. */
const SOURCE = /^(?!NODE_ENV$)[A-Za-z_]\w*$/;

/** @returns undefined: the text is PM2's file's own, as far as can be told */
export function referringTo(name: string, text: string, use: EnvironmentUse) {
  const source = sourceOf(name, text, use);
  if (source !== undefined) return { value: `\${${source}}`, to: [source] } satisfies Referring;
  // Where all have been read, a part may be equal to one that has nothing to do with it. And a "$"
  // before a reference would make it a text.
  const mayRefer = (value: string): boolean =>
    isTelling(value.length) && !use.isCopied && !text.includes(`$${value}`);
  const long = sourcesIn(use).filter(([, value]) => mayRefer(value));
  const referring = withParts(
    text,
    long.toSorted(([, a], [, b]) => b.length - a.length),
  );
  return referring.to.length === 0 ? undefined : referring;
}

/** Variables that PM2's file has read, and that had no value. */
export function unsetOf({ read, shell, set }: EnvironmentUse): string[] {
  return [...read].filter((it) => SOURCE.test(it) && (set[it] ?? shell[it]) === undefined);
}

/** The variable that the whole text is from. */
function sourceOf(name: string, text: string, use: EnvironmentUse): string | undefined {
  const sources = sourcesIn(use).flatMap(([it, value]) => (value === text ? [it] : []));
  if (sources.includes(name)) return name;
  return isTelling(text.length) ? sources[0] : undefined;
}

function sourcesIn({ read, shell }: EnvironmentUse): [name: string, value: string][] {
  return [...read].flatMap((it): [string, string][] => {
    const value = shell[it];
    return SOURCE.test(it) && value !== undefined ? [[it, value]] : [];
  });
}

function isTelling(length: number): boolean {
  return length >= TELLING_LENGTH;
}

/** Refers to each source whose value is a part of the text; the first ones take precedence. */
function withParts(
  text: string,
  [first, ...others]: readonly (readonly [name: string, value: string])[],
): Referring {
  if (first === undefined) return { value: escaped(text), to: [] };
  const [name, value] = first;
  const parts = text.split(value).map((part) => withParts(part, others));
  const to = new Set([...(parts.length > 1 ? [name] : []), ...parts.flatMap((it) => it.to)]);
  return { value: parts.map((it) => it.value).join(`\${${name}}`), to: [...to] };
}
