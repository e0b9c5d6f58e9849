// Writes to whatever a descriptor is, without ever waiting for its reader.
//
// A pipe or a terminal is shared with other programs, which would be surprised if their writes
// failed. So this descriptor stays blocking, and a second one is opened on the same pipe, by its
// name in /proc, and made non-blocking. A socket has no such name and needs none: `send` has a flag
// not to wait.
import { closeSync, constants, fstatSync, openSync, writeSync } from "node:fs";
import { here } from "../platform.ts";
import {
  FIONREAD,
  LOCK_EX,
  LOCK_NB,
  LOCK_UN,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  O_CLOEXEC,
  POLLOUT,
} from "./constants.ts";
import { checked, libc, SystemError } from "./libc.ts";

/**
 * How many bytes one write to a pipe may have without mixing with those of other processes
 * (PIPE_BUF).
 */
export const ATOMIC_BYTES = 4096;

/** How long a long line waits for a reader that is behind. */
const LONGEST_WAIT_MS = 1000;

export interface Writer {
  /** Whether the writes of several processes can mix, if longer than `ATOMIC_BYTES`. */
  readonly isStream: boolean;
  /**
   * Writes some bytes, and returns how many. Throws an error with a code: EAGAIN when nothing can
   * be written now.
   */
  write(bytes: Buffer): number;
  /** Called when the process ends: a long line goes out at once, even if others are writing. */
  insist?(): void;
  /** Closes what was opened for it; the descriptor that was given stays open. */
  close(): void;
}

/** A writer to a descriptor, which itself stays as it is. Never throws. */
export function openWriter(descriptor: number): Writer {
  const kind = kindOf(descriptor);
  const isStream = kind !== "file";
  if (!isStream || !here.hasLibc) {
    return { isStream, write: (bytes) => writeSync(descriptor, bytes), close: nothing };
  }
  if (kind === "socket") {
    return { isStream, write: (bytes) => sendTo(descriptor, bytes), close: nothing };
  }
  const own = openAnew(descriptor);
  if (own === undefined) {
    return { isStream, write: (bytes) => writeWhenWritable(descriptor, bytes), close: nothing };
  }
  const close = (): void => closeSync(own);
  if (kind === "pipe") return { isStream, ...wholeLineWriter(own), close };
  return { isStream, write: (bytes) => writeSync(own, bytes), close };
}

/**
 * Writes to a pipe so that lines of other processes do not tear one of more than `ATOMIC_BYTES`.
 * The kernel takes a line in one piece if there is room. So it waits, for a bounded time, until the
 * reader has taken everything else, and until its turn among the long lines.
 */
function wholeLineWriter(own: number): Pick<Writer, "write" | "insist"> {
  let isMidLine = false;
  let waitsSinceMs = Infinity;
  const writeNow = (bytes: Buffer): number => {
    const written = writeSync(own, bytes);
    isMidLine = written < bytes.length;
    waitsSinceMs = Infinity;
    return written;
  };
  const write = (bytes: Buffer): number => {
    const nowMs = performance.now();
    if (bytes.length <= ATOMIC_BYTES || isMidLine || nowMs - waitsSinceMs > LONGEST_WAIT_MS) {
      return writeNow(bytes);
    }
    const hasTurn = libc().flock(own, LOCK_EX | LOCK_NB) === 0;
    try {
      if (hasTurn && unreadBytes(own) === 0) return writeNow(bytes);
    } finally {
      if (hasTurn) libc().flock(own, LOCK_UN);
    }
    waitsSinceMs = Math.min(waitsSinceMs, nowMs);
    throw new SystemError("write", "EAGAIN");
  };
  return { write, insist: () => void (waitsSinceMs = -Infinity) };
}

function unreadBytes(pipe: number): number {
  const count = new Int32Array(1);
  return libc().ioctl(pipe, FIONREAD, count) === 0 ? (count[0] ?? 0) : 0;
}

/** Closes nothing: nothing was opened. */
function nothing(): void {}

function kindOf(descriptor: number): "file" | "socket" | "pipe" | "stream" {
  try {
    const stats = fstatSync(descriptor);
    if (stats.isSocket()) return "socket";
    if (stats.isFIFO()) return "pipe";
    return stats.isFile() ? "file" : "stream";
  } catch {
    // The descriptor is closed: each write fails, and the lines are lost.
    return "file";
  }
}

/**
 * A descriptor of our own on the same pipe or terminal; `undefined` if it belongs to another user.
 */
function openAnew(descriptor: number): number | undefined {
  const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
  try {
    return openSync(`/proc/self/fd/${descriptor}`, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  } catch {
    return undefined;
  }
}

function sendTo(socket: number, bytes: Buffer): number {
  const flags = MSG_DONTWAIT | MSG_NOSIGNAL;
  return checked("send", libc().send(socket, bytes, BigInt(bytes.length), flags));
}

/**
 * A pipe that is writable takes `ATOMIC_BYTES` without waiting, unless another process is quicker:
 * then this waits until the reader takes something. Nothing better is possible when the pipe cannot
 * be opened again.
 */
function writeWhenWritable(descriptor: number, bytes: Buffer): number {
  const asked = new Int32Array([descriptor, POLLOUT]);
  const ready = libc().poll(asked, 1n, 0);
  if (ready === 0) throw new SystemError("poll", "EAGAIN");
  return writeSync(descriptor, bytes.subarray(0, ATOMIC_BYTES));
}
