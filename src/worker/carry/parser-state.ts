// Tells whether Bun is between two messages of a WebSocket: all that it has read of the connection
// are whole messages, of which the app knows. Only then can another process go on reading.
//
// Bun does not tell. But its parser (uWebSockets) keeps what it knows of an unfinished header,
// payload or fragmented message in one byte of the memory of the connection, and the kernel knows
// where that memory is: it is what Bun's event loop has noted beside the descriptor. Where in that
// memory the byte is depends on Bun's version. So it is found out at run time, by a connection of
// our own that is brought into each of these states; see technique.ts, and
// test/worker/carry/parser-state.test.ts, which names what is relied on.
import { read } from "bun:ffi";
import type { Poll } from "../../net/polls.ts";

/** Wants a header, has nothing of it, is in no message, and has seen the end of the last one. */
const BETWEEN_MESSAGES = 0xe1;
/** How much of the memory of a connection is searched: more than it has before the byte. */
export const SEARCHED = 256;
/** Pointers to anything else than a connection have marks above this. */
const LONGEST_POINTER = 1n << 48n;

/** The memory of a connection; `undefined`: what the event loop has noted is no plain pointer. */
export function memoryOf({ data }: Poll): number | undefined {
  return data > 0n && data < LONGEST_POINTER ? Number(data) : undefined;
}

/** A copy of the beginning of the memory of a connection. */
export function copyOf(memory: number): Uint8Array {
  const copy = new Uint8Array(SEARCHED);
  for (let at = 0; at < SEARCHED; at++) copy[at] = read.u8(memory as never, at);
  return copy;
}

/**
 * Where the byte is, given copies of the memory in both kinds of states. Undefined: it cannot be
 * told, because there is no such byte, or more than one.
 */
export function findParserState(
  between: readonly Uint8Array[],
  within: readonly Uint8Array[],
): number | undefined {
  const found: number[] = [];
  for (let at = 0; at < SEARCHED; at++) {
    const isBetween = between.every((copy) => copy[at] === BETWEEN_MESSAGES);
    if (isBetween && within.every((copy) => copy[at] !== BETWEEN_MESSAGES)) found.push(at);
  }
  return found.length === 1 ? found[0] : undefined;
}

/** Whether Bun is between two messages. @param at where the byte is */
export function isBetweenMessages(memory: number, at: number): boolean {
  return read.u8(memory as never, at) === BETWEEN_MESSAGES;
}
