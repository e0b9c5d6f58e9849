// Where the access log of a worker goes: a file of its own, or stdout, which all workers share.
// Lines are collected, and written together, so that the log costs few system calls.
import { closeSync } from "node:fs";
import { openLog } from "./output.ts";
import { Sink } from "./sink.ts";

/**
 * Lines are written at the latest after this time, or when there are this many characters of them.
 */
const FLUSH_MS = 100;
const FLUSH_LENGTH = 65_536;
/** How soon a file that could not be opened is tried again: until then lines go to stdout. */
const TRY_AGAIN_MS = 1000;

/** Who is told of what cannot be written. */
export interface AccessTrouble {
  readonly lost: (lines: number, why: string) => void;
  readonly refused: (why: string) => void;
}

export class AccessOutput {
  /** Of the file, while it is written. */
  #descriptor: number | undefined;
  readonly #sink: Sink;
  #triedMs = 0;
  #text = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param file absolute; undefined: stdout
   * @param stdout the descriptor for that, and for a file that cannot be opened
   * @param tell what becomes of lines that cannot be written, see `Sink`
   */
  constructor(
    readonly file: string | undefined,
    readonly stdout: number,
    tell: AccessTrouble,
  ) {
    this.#descriptor = this.#open();
    this.#sink = new Sink(this.#descriptor ?? stdout, tell.lost, tell.refused);
  }

  #open(): number | undefined {
    if (this.file === undefined) return undefined;
    this.#triedMs = performance.now();
    const opened = openLog(this.file);
    return opened.ok ? opened.descriptor : undefined;
  }

  /** Whether a line may have no more than `ATOMIC_BYTES`. */
  get isStream(): boolean {
    return this.#sink.isStream;
  }

  append(line: string): void {
    this.#text += line;
    if (this.#text.length >= FLUSH_LENGTH) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS).unref();
  }

  /** Writes what is there, or has it written as soon as it can be. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const text = this.#text;
    this.#text = "";
    const isElsewhere = this.file !== undefined && this.#descriptor === undefined;
    if (isElsewhere && performance.now() - this.#triedMs > TRY_AGAIN_MS) this.#reopen();
    this.#sink.write(Buffer.from(text));
  }

  /** Opens the file anew by its path. What cannot be opened leaves the one before in place. */
  reopen(): void {
    this.flush();
    this.#reopen();
  }

  #reopen(): void {
    const opened = this.#open();
    if (opened === undefined) return;
    this.#sink.moveTo(opened);
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = opened;
  }
}
