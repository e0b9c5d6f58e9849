// Where the access log of a worker goes: a file of its own, or stdout, which all workers share. Lines are
// collected, and written together, so that the log costs few system calls.
import { closeSync, fstatSync, writeSync } from "node:fs";
import { openLog } from "./output.ts";

/** Lines are written at the latest after this time, or when there are this many characters of them. */
const FLUSH_MS = 100;
const FLUSH_LENGTH = 65_536;
/** What one write to a pipe or socket may have, so that those of several workers do not mix (PIPE_BUF). */
export const ATOMIC_BYTES = 4096;
/** Of a reader that does not keep up, this much is waited for. */
const LIMIT_BYTES = 8 * 1024 * 1024;

export class AccessOutput {
  #descriptor: number;
  #text = "";
  /** What could not be written yet. */
  #unwritten = Buffer.alloc(0);
  #lost = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param file absolute; undefined: stdout
   * @param stdout the descriptor for that, and for a file that cannot be opened
   * @param onLost told of how many bytes a reader lost that did not keep up, once it reads again
   */
  constructor(
    readonly file: string | undefined,
    readonly stdout: number,
    readonly onLost: (bytes: number) => void,
  ) {
    this.#descriptor = this.#open() ?? stdout;
  }

  #open(): number | undefined {
    if (this.file === undefined) return undefined;
    const opened = openLog(this.file);
    return opened.ok ? opened.descriptor : undefined;
  }

  /** Whether a line may have no more than `ATOMIC_BYTES`. */
  get isStream(): boolean {
    try {
      return !fstatSync(this.#descriptor).isFile();
    } catch {
      return true;
    }
  }

  append(line: string): void {
    this.#text += line;
    if (this.#text.length >= FLUSH_LENGTH) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS).unref();
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#unwritten = Buffer.concat([this.#unwritten, Buffer.from(this.#text)]);
    this.#text = "";
    const isStream = this.isStream;
    try {
      while (this.#unwritten.length > 0) {
        const part = isStream ? wholeLines(this.#unwritten) : this.#unwritten;
        const written = writeSync(this.#descriptor, part);
        this.#unwritten = this.#unwritten.subarray(written);
      }
      if (this.#lost > 0) this.onLost(this.#lost);
      this.#lost = 0;
    } catch (error) {
      this.#keepForLater((error as { code?: string }).code);
    }
  }

  /** Nobody reads for the moment, or ever again; or the disk is full. */
  #keepForLater(code: string | undefined): void {
    if (code === "EPIPE" || this.#unwritten.length > LIMIT_BYTES) {
      this.#lost += this.#unwritten.length;
      this.#unwritten = Buffer.alloc(0);
      return;
    }
    this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS).unref();
  }

  /** Opens the file anew by its path. What cannot be opened leaves the one before in place. */
  reopen(): void {
    this.flush();
    const opened = this.#open();
    if (opened === undefined) return;
    if (this.#descriptor !== this.stdout) closeSync(this.#descriptor);
    this.#descriptor = opened;
  }
}

/** The most whole lines from the begin that one write may have; one line at least. */
function wholeLines(bytes: Buffer): Buffer {
  if (bytes.length <= ATOMIC_BYTES) return bytes;
  const last = bytes.lastIndexOf(10, ATOMIC_BYTES - 1);
  const end = last >= 0 ? last : bytes.indexOf(10);
  return bytes.subarray(0, end + 1);
}
