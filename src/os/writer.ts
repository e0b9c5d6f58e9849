// Writing to whatever a descriptor is, without ever waiting for whoever reads it.
//
// A pipe or a terminal is shared with other programs, who would be surprised if their writes
// failed: so it is not this descriptor that is made non-blocking, but one of our own on the same
// pipe, opened by its name in /proc. A socket has no such name, and needs none: `send` can be told
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

/** What one write to a pipe may have, so that those of several processes do not mix (PIPE_BUF). */
export const ATOMIC_BYTES = 4096;

/** A long line waits so long for a reader that is behind. */
const LONGEST_WAIT_MS = 1000;

export interface Writer {
  /** Whether writes of several processes can mix, unless they are at most `ATOMIC_BYTES` long. */
  readonly isStream: boolean;
  /**
   * Writes some, and returns how much. Throws an error with a code: EAGAIN when nothing is taken
   * now.
   */
  write(bytes: Buffer): number;
  /** The process ends: a long line goes out at once, whoever else is writing. */
  insist?(): void;
  /** Lets go of what was opened for it; the descriptor that was given stays open. */
  close(): void;
}

/** A writer to a descriptor, which stays as it is. Never throws. */
export function openWriter(descriptor: number): Writer {
  const kind = kindOf(descriptor);
  const isStream = kind !== "file";
  if (!isStream || !here.hasLibc) {
    return { isStream, write: (bytes) => writeSync(descriptor, bytes), close: nothing };
  }
  if (kind === "socket")
    return { isStream, write: (bytes) => sendTo(descriptor, bytes), close: nothing };
  const own = openAnew(descriptor);
  if (own === undefined) {
    return { isStream, write: (bytes) => writeWhenWritable(descriptor, bytes), close: nothing };
  }
  const close = (): void => closeSync(own);
  if (kind === "pipe") return { isStream, ...wholeLineWriter(own), close };
  return { isStream, write: (bytes) => writeSync(own, bytes), close };
}

/**
 * Writes to a pipe so that a line of more than `ATOMIC_BYTES` is not torn by those of other
 * processes. The kernel takes it in one piece where there is room: so it waits until the reader has
 * taken all else, and for its turn among the long ones, but not for ever.
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

/** Of what was given nothing is let go of. */
function nothing(): void {}

function kindOf(descriptor: number): "file" | "socket" | "pipe" | "stream" {
  try {
    const stats = fstatSync(descriptor);
    if (stats.isSocket()) return "socket";
    if (stats.isFIFO()) return "pipe";
    return stats.isFile() ? "file" : "stream";
  } catch {
    // It is closed: each write fails, and the lines are lost.
    return "file";
  }
}

/**
 * A descriptor of our own on the same pipe or terminal; `undefined` where another user has made
 * that.
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
 * then this waits until the reader takes something. It is the best there is where the pipe cannot
 * be opened.
 */
function writeWhenWritable(descriptor: number, bytes: Buffer): number {
  const asked = new Int32Array([descriptor, POLLOUT]);
  const ready = libc().poll(asked, 1n, 0);
  if (ready === 0) throw new SystemError("poll", "EAGAIN");
  return writeSync(descriptor, bytes.subarray(0, ATOMIC_BYTES));
}
