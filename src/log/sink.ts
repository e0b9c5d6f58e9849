// Where lines go: to a file, a pipe, a terminal or a socket. None of them may block this process,
// however slow its reader. Lines that are not taken are kept up to a limit; beyond that, whole
// lines are lost and counted.
import { codeOf, explain } from "../os/shortage.ts";
import { openWriter, type Writer } from "../os/writer.ts";
import { countLines, KeptLines } from "./kept-lines.ts";

/** How much is kept for a reader that is behind. */
export const LIMIT_BYTES = 8 * 1024 * 1024;
/** When this much is kept, callers that can wait are asked to. */
const ROOM_BYTES = 1024 * 1024;
/** A reader that takes nothing for this long has stalled, and nobody waits for it any longer. */
const STALLED_MS = 200;
/** How soon to retry: at once while the reader takes something, then less and less often. */
const FIRST_RETRY_MS = 1;
const LAST_RETRY_MS = 50;
/** A retry that is due for so long was kept from its time by a busy machine. */
const LATE_RETRY_MS = 2 * LAST_RETRY_MS;
/** How long the end of a process waits at most for a reader that keeps reading. */
const LONGEST_FLUSH_MS = 5000;

/** The reader has gone away, and will not come back. */
const GONE = new Set(["EPIPE", "ECONNRESET", "ENOTCONN", "ECONNREFUSED", "EBADF"]);
/** The same for a terminal; a broken disk fails with it too. */
const HUNG_UP = "EIO";

/** How soon to say again why nothing can be written. */
const TELL_AGAIN_MS = 60_000;
/** Why lines are lost, unless the system has refused them. */
const NOT_READ = "its reader did not keep up";

/** The sinks that have kept something to write. */
const behind = new Set<Sink>();

export class Sink {
  #writer: Writer;
  readonly #kept = new KeptLines();
  #lost = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #retryMs = FIRST_RETRY_MS;
  #progressMs = performance.now();
  #triedMs = this.#progressMs;
  #whyLost = NOT_READ;
  #toldMs = -Infinity;

  /**
   * @param descriptor stays open and as it is
   * @param onLost gets how many lines are lost, and why, once more can be taken
   * @param onRefused gets why the system takes nothing, such as a full disk: once a minute
   */
  constructor(
    descriptor: number,
    readonly onLost: (lines: number, why: string) => void,
    readonly onRefused?: (why: string) => void,
  ) {
    this.#writer = openWriter(descriptor);
  }

  /** Whether the writes of several processes can mix here, if longer than `ATOMIC_BYTES`. */
  get isStream(): boolean {
    return this.#writer.isStream;
  }

  /** Writes whole lines now, or when they can be taken. Never waits, never throws. */
  write(lines: Buffer): void {
    if (lines.length === 0) return;
    if (this.#kept.bytes + lines.length > LIMIT_BYTES) {
      this.#lost += countLines(lines);
      return;
    }
    this.#kept.push(lines);
    // A sink that is behind retries by its timer: not each line needs to find that out.
    if (this.#timer === undefined) this.#pump();
  }

  /** Moves to another descriptor, and takes along what is kept. */
  moveTo(descriptor: number): void {
    this.#writer.close();
    this.#writer = openWriter(descriptor);
  }

  /**
   * Resolves when there is room for more, or when the reader has stalled and waiting is pointless.
   */
  async untilRoom(): Promise<void> {
    while (this.#kept.bytes > ROOM_BYTES && !this.#hasStalled(STALLED_MS)) await Bun.sleep(1);
  }

  /** Resolves when everything is written, or nothing has been taken for `patienceMs`. */
  async untilWritten(patienceMs: number): Promise<void> {
    const untilMs = performance.now() + LONGEST_FLUSH_MS;
    this.#progressMs = performance.now();
    this.#pump();
    while (this.#kept.bytes > 0 && !this.#hasStalled(patienceMs) && performance.now() < untilMs) {
      await Bun.sleep(1);
    }
  }

  /** The process ends: discards what is kept, and reports what is lost. */
  giveUp(): void {
    this.#writer.insist?.();
    this.#pump();
    this.#discard();
    const lost = this.#lost;
    this.#lost = 0;
    if (lost > 0) this.onLost(lost, this.#whyLost);
  }

  #hasStalled(patienceMs: number): boolean {
    // Where this process has been held up, it does not know that of its reader.
    if (performance.now() - this.#triedMs > LATE_RETRY_MS) this.#pump();
    return performance.now() - this.#progressMs > patienceMs;
  }

  #pump(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const before = this.#kept.bytes;
    this.#triedMs = performance.now();
    try {
      const { isStream } = this;
      for (let part = this.#kept.next(isStream); part; part = this.#kept.next(isStream)) {
        this.#kept.drop(this.#writer.write(part));
      }
    } catch (error) {
      const code = codeOf(error);
      if (this.#isGone(code)) return this.#discard();
      if (code !== "EAGAIN") this.#tellRefused(explain(error));
    }
    const hasWritten = this.#kept.bytes < before || before === 0;
    if (hasWritten) this.#progressMs = performance.now();
    if (this.#kept.bytes > 0) this.#retry(hasWritten);
    else behind.delete(this);
    if (hasWritten) this.#tellLost();
  }

  #tellRefused(why: string): void {
    this.#whyLost = why;
    if (performance.now() - this.#toldMs < TELL_AGAIN_MS) return;
    this.#toldMs = performance.now();
    this.onRefused?.(why);
  }

  #isGone(code = ""): boolean {
    return GONE.has(code) || (code === HUNG_UP && this.isStream);
  }

  #retry(hasWritten: boolean): void {
    behind.add(this);
    this.#retryMs = hasWritten ? FIRST_RETRY_MS : Math.min(this.#retryMs * 2, LAST_RETRY_MS);
    this.#timer = setTimeout(() => this.#pump(), this.#retryMs);
    this.#timer.unref();
  }

  /** Only when half of what was kept has been taken: the report needs room, too. */
  #tellLost(): void {
    if (this.#lost === 0 || this.#kept.bytes > LIMIT_BYTES / 2) return;
    const lost = this.#lost;
    this.#lost = 0;
    this.onLost(lost, this.#whyLost);
    this.#whyLost = NOT_READ;
  }

  #discard(): void {
    this.#lost += this.#kept.discard();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    behind.delete(this);
  }
}

/**
 * At the end of a process: resolves when all sinks have written what they keep. If a reader takes
 * nothing for `patienceMs`, what is kept for it is lost, and that is reported where possible.
 */
export async function flushSinks(patienceMs: number): Promise<void> {
  await Promise.all([...behind].map((sink) => sink.untilWritten(patienceMs)));
  // The report about one sink may be kept by another, and is not waited for, so this list is fixed.
  const left = [...behind];
  for (const sink of left) sink.giveUp();
}
