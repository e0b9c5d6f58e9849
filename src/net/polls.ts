// What Bun's event loop waits for on each socket: the kernel says so, Bun does not.
//
// Only this shows whether Bun has more to write to a connection, whoever serves it, and only this
// lets a listener be left alone for a while.
import { openSync, readFileSync, readlinkSync, readSync } from "node:fs";
import { arch } from "../platform.ts";
import { EPOLLOUT, EPOLL_CTL_MOD } from "../os/constants.ts";
import { checked, libc } from "../os/libc.ts";
import { descriptors } from "../os/open-descriptors.ts";

/** `struct epoll_event` is packed on x64 alone. */
const DATA_AT = arch === "x64" ? 4 : 8;

interface Poll {
  readonly events: number;
  readonly data: bigint;
}

export class Polls {
  readonly #text = Buffer.alloc(65_536);

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

  /**
   * Makes the event loop ignore a listener. Returns a function that makes it accept again. Throws
   * `SystemError`.
   */
  pause(listener: number): () => void {
    const poll = this.#read().get(listener);
    if (poll === undefined) throw new Error(`no event loop waits on descriptor ${listener}`);
    this.#modify(listener, { events: 0, data: poll.data });
    return () => this.#modify(listener, poll);
  }

  #modify(fd: number, { events, data }: Poll): void {
    const event = new DataView(new ArrayBuffer(16));
    event.setUint32(0, events, true);
    event.setBigUint64(DATA_AT, data, true);
    const bytes = new Uint8Array(event.buffer);
    checked("epoll_ctl", libc().epoll_ctl(this.epoll, EPOLL_CTL_MOD, fd, bytes));
  }

  #read(): Map<number, Poll> {
    let text = "";
    for (let at = 0; ;) {
      const read = readSync(this.list, this.#text, 0, this.#text.length, at);
      if (read === 0) return parsePolls(text);
      text += this.#text.toString("latin1", 0, read);
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
