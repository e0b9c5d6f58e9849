// What a command of the operator's prints, line by line, in the order in which it was printed
// wherever one pipe can be given to it for both of its streams.
import { LineCutter, type Piece } from "../../log/line-cutter.ts";
import { here } from "../../platform.ts";
import { nextTurn } from "../../os/next-turn.ts";
import { WorkerOutput } from "../workers/worker-output.ts";

export interface CommandOutput {
  /** For stdout and stderr, as `Bun.spawn` takes it. */
  readonly stdio: readonly [stdout: number | "pipe", stderr: number | "pipe"];
  /** The process has started; undefined: that has failed. */
  begin(child: Bun.Subprocess | undefined): void;
  /** Resolves when all that it has printed is taken, after `limitMs` at the latest. */
  untilSilent(limitMs: number): Promise<void>;
}

type Take = (pieces: readonly Piece[]) => Promise<void>;

/** Throws. @param take resolves when more can be taken */
export function openOutput(take: Take): CommandOutput {
  return here.hasLibc ? ofOnePipe(take) : ofBunsPipes(take);
}

function ofOnePipe(take: Take): CommandOutput {
  const output = new WorkerOutput((_, pieces) => take(pieces));
  const [stdout] = output.workersEnds;
  return {
    stdio: [stdout, stdout],
    begin: () => output.closeWorkersEnds(),
    untilSilent: (limitMs) => output.untilSilent(limitMs),
  };
}

function ofBunsPipes(take: Take): CommandOutput {
  let ended: Promise<unknown> = Promise.resolve();
  return {
    stdio: ["pipe", "pipe"],
    begin: (child) => {
      const streams = [child?.stdout, child?.stderr].filter(isStream);
      ended = Promise.allSettled(
        streams.map((stream) => read(stream as ReadableStream<Uint8Array>, take)),
      );
    },
    untilSilent: async (limitMs) => void (await Promise.race([ended, Bun.sleep(limitMs)])),
  };
}

async function read(stream: ReadableStream<Uint8Array>, take: Take): Promise<void> {
  const cutter = new LineCutter();
  for await (const bytes of stream) {
    await take(cutter.cut(bytes));
    await nextTurn();
  }
  await take(cutter.end());
}

function isStream(pipe: unknown): pipe is ReadableStream {
  return pipe instanceof ReadableStream;
}
