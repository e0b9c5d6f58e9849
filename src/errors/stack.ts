// The stack of an error, as frames: where each is, and whose code it is.
import { embeddedApp } from "../embedded-app.ts";

/** Whose code a frame is in. */
type Owner = "app" | "package" | "internal";

export interface Frame {
  /** As the stack has it, without "at". */
  readonly text: string;
  readonly owner: Owner;
  /** Undefined: the frame is in no file. */
  readonly place: Place | undefined;
}

/** Line and column count from 1, columns in UTF-16 units. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** As an editor takes it: `file:line:column`. */
export function nameOf({ file, line, column }: Place): string {
  return `${file}:${line}:${column}`;
}

/** A frame at the end of a stack: `    at name (file:1:2)`, or without a name. */
const FRAME = /^\s+at (.+)$/;
/** `name (file:1:2)`, or the place alone. Names have no brackets; folders may. */
const NAMED = /^.*? \((.+)\)$/;
const PLACE = /^(?:async )?(.+):(\d+):(\d+)$/;

/** Bun's own code, and code without a source. */
const NO_FILE = /^(?:native|unknown|node:|bun:|internal:|\[)/;

/**
 * Code inside the executable, as its source maps name it. The app's files have absolute paths
 * there.
 */
const OURS = /^(?!\/)|^\/\$bunfs\/root\//;
/** The same in an executable of `pounce build`, where the app's files may be in `src` as well. */
const OURS_BESIDE_AN_APP = /(?:^|\/)\.[^/]+\.build-\w{6}\/|^\/\$bunfs\/root\//;

/**
 * The frames of a stack, innermost first. A message may have lines that look like frames: only
 * those at the end count.
 */
export function framesOf(stack: string, isEmbedded = embeddedApp() !== undefined): Frame[] {
  const frames: Frame[] = [];
  for (const line of stack.split("\n").toReversed()) {
    const text = FRAME.exec(line)?.[1];
    if (text === undefined) break;
    frames.unshift(frameOf(text, isEmbedded ? OURS_BESIDE_AN_APP : OURS));
  }
  return frames;
}

function frameOf(text: string, ours: RegExp): Frame {
  const [, file = "", line, column] = PLACE.exec(NAMED.exec(text)?.[1] ?? text) ?? [];
  if (file === "" || NO_FILE.test(file)) return { text, owner: "internal", place: undefined };
  const place = { file, line: Number(line), column: Number(column) };
  return { text, owner: ownerOf(file, ours), place };
}

function ownerOf(file: string, ours: RegExp): Owner {
  if (ours.test(file)) return "internal";
  return /(?:^|\/)node_modules\//.test(file) ? "package" : "app";
}
