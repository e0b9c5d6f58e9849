// What Bun's event loop waits for on each socket: the kernel says so, Bun does not.
//
// Only this shows whether Bun has more to write to a connection, whoever serves it, and only this
// lets a listener be left alone for a while.
import { openSync, readFileSync, readlinkSync, readSync } from "node:fs";
import { arch } from "../platform.ts";
import { EPOLLIN, EPOLLOUT, EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD } from "../os/constants.ts";
import { checked, libc } from "../os/libc.ts";
import { descriptors } from "../os/open-descriptors.ts";

/** `struct epoll_event` is packed on x64 alone. */
const DATA_AT = arch === "x64" ? 4 : 8;

/** What an event loop waits for on a descriptor, and what it has noted there for itself. */
export interface Poll {
  readonly events: number;
  readonly data: bigint;
}

/** How many descriptors an event loop knows, and from how many of them it waits for no data. */
export interface PollCounts {
  readonly all: number;
  readonly deaf: number;
}

export class Polls {
  readonly #buffer = Buffer.alloc(65_536);

  private constructor(
    readonly epoll: number,
    /**
     * The kernel's list of all that the event loop waits for. It stays open, so that it can be read
     * when descriptors are short.
     */
    readonly list: number,
  ) {}

  /** The polls of the event loop that waits on `fd`; `undefined` when no such loop is found. */
  static around(fd: number): Polls | undefined {
    try {
      const epoll = descriptors().find((other) => isEpoll(other) && waitsOn(other, fd));
      if (epoll === undefined) return undefined;
      return new Polls(epoll, openSync(listOf(epoll), "r"));
    } catch {
      // A sandbox may have no such files. Callers do without.
      return undefined;
    }
  }

  /** The descriptors to which Bun has more to write than the kernel has taken. */
  writing(): Set<number> {
    const found = new Set<number>();
    for (const [fd, { events }] of this.#read()) if ((events & EPOLLOUT) !== 0) found.add(fd);
    return found;
  }

  /** Takes half a microsecond for each descriptor. */
  counts(): PollCounts {
    return countPolls(this.text());
  }

  /**
   * Makes the event loop ignore a listener. Returns a function that makes it accept again. Throws
   * `SystemError`.
   */
  pause(listener: number): () => void {
    const poll = this.#read().get(listener);
    if (poll === undefined) throw new Error(`no event loop waits on descriptor ${listener}`);
    this.set(listener, { events: 0, data: poll.data });
    return () => this.set(listener, poll);
  }

  /** What the event loop waits for on a descriptor; `undefined`: nothing. */
  of(fd: number): Poll | undefined {
    return parseSome(this.text(), new Set([fd])).get(fd);
  }

  /** The inode of the file that it waits on, under that descriptor; `undefined`: it does not. */
  inodeOf(fd: number): number | undefined {
    const line = new RegExp(`^tfd:\\s*${fd} .* ino:([\\da-f]+)`, "m").exec(this.text());
    return line?.[1] === undefined ? undefined : Number.parseInt(line[1], 16);
  }

  /** From now on it waits on one more descriptor. Throws `SystemError`. */
  add(fd: number, poll: Poll): void {
    this.#control(EPOLL_CTL_ADD, fd, poll);
  }

  /** From now on it does not wait on a descriptor. Throws `SystemError`. */
  remove(fd: number): void {
    this.#control(EPOLL_CTL_DEL, fd, { events: 0, data: 0n });
  }

  /** From now on it waits for something else on a descriptor. Throws `SystemError`. */
  set(fd: number, poll: Poll): void {
    this.#control(EPOLL_CTL_MOD, fd, poll);
  }

  #control(operation: number, fd: number, { events, data }: Poll): void {
    const event = new DataView(new ArrayBuffer(16));
    event.setUint32(0, events, true);
    event.setBigUint64(DATA_AT, data, true);
    const bytes = new Uint8Array(event.buffer);
    checked("epoll_ctl", libc().epoll_ctl(this.epoll, operation, fd, bytes));
  }

  #read(): Map<number, Poll> {
    return parsePolls(this.text());
  }

  /**
   * The kernel's list, as `parsePolls` and `parseSome` read it: at another time, where it is long.
   * For 10,000 descriptors the kernel takes 5 ms, and 10 ms the first time; `parsePolls` takes
   * 3 ms, and `parseSome` 1 ms.
   */
  text(): string {
    let text = "";
    for (let at = 0; ;) {
      const read = readSync(this.list, this.#buffer, 0, this.#buffer.length, at);
      if (read === 0) return text;
      text += this.#buffer.toString("latin1", 0, read);
      at += read;
    }
  }
}

/** The lines of `/proc/PID/fdinfo/N` of an epoll descriptor. */
export function parsePolls(text: string): Map<number, Poll> {
  const polls = new Map<number, Poll>();
  const lines = text.matchAll(/^tfd:\s*(\d+) events:\s*([\da-f]+) data:\s*([\da-f]+)/gm);
  for (const [, fd, events, data] of lines) {
    polls.set(Number(fd), { events: Number.parseInt(events ?? "", 16), data: BigInt(`0x${data}`) });
  }
  return polls;
}

/** The same for some descriptors: without an object for each of the others. */
export function parseSome(text: string, wanted: ReadonlySet<number>): Map<number, Poll> {
  const polls = new Map<number, Poll>();
  for (let at = 0; (at = text.indexOf("tfd:", at)) !== -1; at++) {
    const end = text.indexOf(" events:", at);
    const fd = Number(text.slice(at + "tfd:".length, end));
    if (!wanted.has(fd)) continue;
    const line = text.slice(at, text.indexOf("\n", end));
    const poll = parsePolls(line).get(fd);
    if (poll !== undefined) polls.set(fd, poll);
  }
  return polls;
}

/** The same lines, counted: without an object for each. */
export function countPolls(text: string): PollCounts {
  let [all, deaf] = [0, 0];
  for (let at = 0; (at = text.indexOf(" data:", at)) !== -1; at++) {
    all++;
    // The last digit of the events.
    if ((Number.parseInt(text.charAt(at - 1), 16) & EPOLLIN) === 0) deaf++;
  }
  return { all, deaf };
}

function listOf(epoll: number): string {
  return `/proc/self/fdinfo/${epoll}`;
}

function isEpoll(fd: number): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`) === "anon_inode:[eventpoll]";
  } catch {
    return false;
  }
}

function waitsOn(epoll: number, fd: number): boolean {
  return parsePolls(readFileSync(listOf(epoll), "latin1")).has(fd);
}
