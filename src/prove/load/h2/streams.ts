// The requests of one connection that have no whole answer yet.
import type { H2Stream } from "./stream.ts";

export class Streams {
  readonly #byId = new Map<number, H2Stream>();
  #wake: (() => void) | undefined;

  get size(): number {
    return this.#byId.size;
  }

  /** A copy, as streams leave meanwhile. */
  get all(): H2Stream[] {
    return [...this.#byId.values()];
  }

  add(stream: H2Stream): void {
    this.#byId.set(stream.id, stream);
  }

  get(id: number): H2Stream | undefined {
    return this.#byId.get(id);
  }

  /** Gives a stream what has come for it. What it finds wrong is its own loss. */
  give(stream: H2Stream | undefined, take: (stream: H2Stream) => void): void {
    if (stream === undefined) return;
    try {
      take(stream);
    } catch (error) {
      stream.fail(error as Error);
    }
    if (stream.isOver) this.#forget(stream);
  }

  /** A stream gets no more, and why: a `Loss`, or `Returned`. */
  fail(stream: H2Stream, error: Error): void {
    stream.fail(error);
    this.#forget(stream);
  }

  /** Those that are given up now: late since the last look. */
  takeLate(nowMs: number): H2Stream[] {
    const late = this.all.filter((it) => nowMs >= it.deadlineMs);
    // A process that was stopped, or busy, first reads what has come meanwhile.
    const given = late.filter(({ isLate }) => isLate);
    for (const stream of late) stream.isLate = true;
    return given;
  }

  /** Resolves when one has left, or by `wake`. */
  async change(): Promise<void> {
    await new Promise<void>((resolve) => {
      const before = this.#wake;
      this.#wake = () => {
        before?.();
        resolve();
      };
    });
  }

  wake(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  #forget(stream: H2Stream): void {
    this.#byId.delete(stream.id);
    this.wake();
  }
}
