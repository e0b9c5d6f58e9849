// Where a worker's access log goes: to a file of its own, or to stdout, which all workers share.
// Lines are collected and written together, so that the log costs few system calls.
import { closeSync } from "node:fs";
import { openLog } from "./output.ts";
import { Sink } from "./sink.ts";

/** Lines are written after this time at the latest, or once they have this many characters. */
const FLUSH_MS = 100;
const FLUSH_LENGTH = 65_536;
/** How soon to retry a file that could not be opened: until then lines go to stdout. */
const TRY_AGAIN_MS = 1000;

/** Called when something cannot be written. */
export interface AccessTrouble {
  readonly lost: (lines: number, why: string) => void;
  readonly refused: (why: string) => void;
}

export class AccessOutput {
  /** The file's descriptor, while it is written. */
  #descriptor: number | undefined;
  readonly #sink: Sink;
  #triedMs = 0;
  #text = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param file absolute; undefined: stdout
   * @param stdout the descriptor for that, and for when the file cannot be opened
   * @param tell what happens to lines that cannot be written, see `Sink`
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

  /** Whether a line must not be longer than `ATOMIC_BYTES`. */
  get isStream(): boolean {
    return this.#sink.isStream;
  }

  append(line: string): void {
    this.#text += line;
    if (this.#text.length >= FLUSH_LENGTH) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS).unref();
  }

  /** Writes what is there now, or as soon as that is possible. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const text = this.#text;
    this.#text = "";
    const isElsewhere = this.file !== undefined && this.#descriptor === undefined;
    if (isElsewhere && performance.now() - this.#triedMs > TRY_AGAIN_MS) this.#reopen();
    this.#sink.write(Buffer.from(text));
  }

  /** Reopens the file by its path. If that fails, the old file stays in use. */
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
