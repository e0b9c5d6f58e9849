// What one worker prints, read by the master: two pipes, cut into lines. Nothing is read before what was
// read last has been taken: a worker that prints faster than the log is read waits, as on any pipe.
import { LineCutter, type Piece } from "../log/line-cutter.ts";
import { closeDescriptor } from "../net/descriptors.ts";
import { makePipe } from "../net/pipes.ts";

/** Takes lines of one stream. Resolves when more can be taken. */
export type OutputSink = (stream: OutputStream, pieces: readonly Piece[]) => Promise<void>;

export type OutputStream = "stdout" | "stderr";

/** An ended worker's pipe that has had nothing for this long is empty, though a child may have it. */
const QUIET_MS = 20;

/** All whose pipes are open. */
const open = new Set<WorkerOutput>();

export class WorkerOutput {
  /** What the worker gets as stdout and stderr. */
  readonly workersEnds: readonly [stdout: number, stderr: number];
  readonly #ended: Promise<unknown>;
  #hasEnded = false;
  /** Pieces that are being written. */
  #writing = 0;
  #lastMs = 0;

  /** Makes the pipes and reads them to their end. Throws `SystemError`. */
  constructor(readonly sink: OutputSink) {
    const [stdout, stdoutEnd] = makePipe();
    const [stderr, stderrEnd] = makePipe();
    this.workersEnds = [stdoutEnd, stderrEnd];
    open.add(this);
    const reads = [this.#read(stdout, "stdout"), this.#read(stderr, "stderr")];
    this.#ended = Promise.all(reads).then(() => {
      this.#hasEnded = true;
      open.delete(this);
    });
  }

  /** The master has no use for them once the worker has them; then their end is the worker's. */
  closeWorkersEnds(): void {
    for (const end of this.workersEnds) closeDescriptor(end);
  }

  async #read(descriptor: number, stream: OutputStream): Promise<void> {
    const cutter = new LineCutter();
    try {
      for await (const bytes of Bun.file(descriptor).stream()) {
        this.#lastMs = performance.now();
        await this.#write(stream, cutter.cut(bytes));
      }
    } finally {
      await this.#write(stream, cutter.end());
      closeDescriptor(descriptor);
    }
  }

  async #write(stream: OutputStream, pieces: readonly Piece[]): Promise<void> {
    if (pieces.length === 0) return;
    this.#writing++;
    await this.sink(stream, pieces);
    this.#writing--;
    this.#lastMs = performance.now();
  }

  /**
   * Resolves when all that an ended worker has printed is written, at the latest after `limitMs`. The
   * pipes may stay open: for a process that the app has started, whose lines are still taken.
   */
  async untilQuiet(limitMs: number): Promise<void> {
    this.#lastMs = performance.now();
    const untilMs = this.#lastMs + limitMs;
    const isQuiet = (): boolean =>
      this.#hasEnded || (this.#writing === 0 && performance.now() - this.#lastMs >= QUIET_MS);
    while (!isQuiet() && performance.now() < untilMs) {
      await Promise.race([this.#ended, Bun.sleep(QUIET_MS)]);
    }
  }
}

/** As `untilQuiet`, for all workers: at the end of the master. */
export async function untilAllQuiet(limitMs: number): Promise<void> {
  await Promise.all([...open].map((output) => output.untilQuiet(limitMs)));
}
