// The output of one worker, read by the master: two pipes, cut into lines. The next part is read
// only once the last has been taken: a worker that prints faster than the log is read waits, as on
// any pipe.
import { LineCutter, type Piece } from "../../log/line-cutter.ts";
import { closeDescriptor } from "../../os/descriptors.ts";
import { nextTurn } from "../../os/next-turn.ts";
import { makePipe } from "../../os/pipes.ts";
import { unreadBytes } from "../../net/socket-options.ts";

/** Takes lines of one stream. Resolves when more can be taken. */
export type OutputSink = (stream: OutputStream, pieces: readonly Piece[]) => Promise<void>;

export type OutputStream = "stdout" | "stderr";

/**
 * How long to wait for the end of the pipes. It comes at once, unless a child of the app has them.
 */
const END_MS = 100;
const LOOK_MS = 10;

/** All outputs whose pipes are open. */
const open = new Set<WorkerOutput>();

export class WorkerOutput {
  /** What the worker gets as stdout and stderr. */
  readonly workersEnds: readonly [stdout: number, stderr: number];
  readonly #ended: Promise<unknown>;
  #hasEnded = false;
  /** Pieces that are being written. */
  #writing = 0;
  /** Chunks that have been read. */
  #chunks = 0;
  readonly #descriptors: readonly number[];

  /** Makes the pipes and reads them to their end. Throws `SystemError`. */
  constructor(readonly sink: OutputSink) {
    const [[stdout, stdoutEnd], [stderr, stderrEnd]] = twoPipes();
    this.workersEnds = [stdoutEnd, stderrEnd];
    this.#descriptors = [stdout, stderr];
    open.add(this);
    const reads = [this.#read(stdout, "stdout"), this.#read(stderr, "stderr")];
    // A pipe that cannot be read has ended as well.
    this.#ended = Promise.allSettled(reads).then(() => {
      this.#hasEnded = true;
      open.delete(this);
    });
  }

  /** The master does not need them once the worker has them; their end is then the worker's. */
  closeWorkersEnds(): void {
    for (const end of this.workersEnds) closeDescriptor(end);
  }

  async #read(descriptor: number, stream: OutputStream): Promise<void> {
    const cutter = new LineCutter();
    try {
      for await (const bytes of Bun.file(descriptor).stream()) {
        this.#chunks++;
        await this.#write(stream, cutter.cut(bytes));
        // As long as there is more to read and the log takes it, nothing else would have its turn.
        await nextTurn();
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
  }

  /**
   * Resolves when everything that an ended worker has printed is written, after `limitMs` at the
   * latest. The pipes may stay open for a process that the app has started; its lines are still
   * taken.
   */
  async untilSilent(limitMs: number): Promise<void> {
    const begunMs = performance.now();
    for (let chunks = -1; !this.#hasEnded; chunks = this.#chunks) {
      const waitedMs = performance.now() - begunMs;
      const isSilent = chunks === this.#chunks && this.#writing === 0 && this.#isEmpty;
      if (waitedMs >= limitMs || (isSilent && waitedMs >= END_MS)) return;
      await Promise.race([this.#ended, Bun.sleep(LOOK_MS)]);
    }
  }

  /** Whether the pipes hold nothing to read. */
  get #isEmpty(): boolean {
    return this.#descriptors.every((descriptor) => unreadBytes(descriptor) === 0);
  }
}

/** The same as `untilSilent` for all workers, at the end of the master. */
export async function untilAllSilent(limitMs: number): Promise<void> {
  await Promise.all([...open].map((output) => output.untilSilent(limitMs)));
}

/** Both pipes or none. Throws `SystemError`. */
function twoPipes() {
  const first = makePipe();
  try {
    return [first, makePipe()] as const;
  } catch (error) {
    for (const end of first) closeDescriptor(end);
    throw error;
  }
}
