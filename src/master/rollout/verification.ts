// `rollout.verify`: a command of the operator's says yes or no to a new generation. One worker of
// that generation opens a port of 127.0.0.1 for it, see worker/requests/unlisted.ts. Then the
// command runs, as the workers do. Its exit code is the answer: 0 is yes. Whoever asks says how
// long it may take, and ends it when that is over.
import type { EffectOf } from "../../core/effects.ts";
import type { Event } from "../../core/events.ts";
import { message as words } from "../../core/messages.ts";
import type { State } from "../../core/state.ts";
import { COMMAND_VARIABLES as NAME } from "../../config/schema/command-variables.ts";
import type { ToWorker } from "../../ipc/messages.ts";
import type { LogEntry } from "../../log/format.ts";
import type { Piece } from "../../log/line-cutter.ts";
import { explain } from "../../os/shortage.ts";
import type { Plans } from "../plan/plans.ts";
import type { CommandHandle, Surroundings } from "../surroundings.ts";
import { OutputLimit } from "./output-limit.ts";

/** How much of the last line a reason has. */
const MOST_QUOTED = 500;

/** How long to wait before more is read, once nothing more is logged. */
const LEFT_OUT_MS = 1;

type Verify = Pick<EffectOf<"verify">, "generation" | "stage">;

interface Running extends Verify {
  /** Of the port, in messages. */
  readonly id: number;
  /** The worker that has the port. */
  readonly worker: number;
  /** Undefined: the port is not open yet. */
  command: CommandHandle | undefined;
  /** The last line that the command has printed. */
  lastLine: string;
  /** What of its output is for the log. */
  readonly limit: OutputLimit;
}

interface VerificationOptions {
  readonly surroundings: Pick<Surroundings, "startCommand" | "clock" | "process">;
  readonly plans: Pick<Plans, "of">;
  readonly state: () => State;
  readonly send: (worker: number, message: ToWorker) => void;
  readonly dispatch: (event: Event) => void;
  /** Takes lines for the log. Resolves when it takes more. */
  readonly log: (entries: readonly LogEntry[]) => Promise<void>;
}

export class Verification {
  #running: Running | undefined;
  #lastId = 0;

  constructor(readonly options: VerificationOptions) {}

  /** Begins to ask. Throws when there is nobody to be asked about. */
  begin({ generation, stage }: Verify): void {
    this.end();
    const worker = firstReady(this.options.state(), generation);
    if (worker === undefined) throw new Error(words.nobodyToVerify(generation));
    const id = ++this.#lastId;
    const limit = new OutputLimit();
    this.#running = { id, generation, stage, worker, command: undefined, lastLine: "", limit };
    this.options.send(worker, { type: "open-unlisted", id });
  }

  /** A worker has opened the port, or could not. */
  noteOpened(id: number, port: number | undefined, problem: string | undefined): void {
    const running = this.#running;
    if (running === undefined || running.id !== id || running.command !== undefined) return;
    if (port === undefined) return this.#answer(running, words.noUnlisted(problem ?? ""));
    try {
      running.command = this.#start(running, port);
    } catch (error) {
      this.#answer(running, explain(error));
    }
  }

  /** A worker has ended. */
  noteExit(worker: number): void {
    const running = this.#running;
    if (running?.worker !== worker) return;
    this.#answer(running, words.verifiedWorkerEnded(worker), worker);
  }

  #start(running: Running, port: number): CommandHandle {
    const { plans, surroundings } = this.options;
    const { generation, stage } = running;
    const plan = plans.of(generation);
    const { verify } = plan.config.rollout;
    if (verify === undefined) throw new Error("rollout.verify is not set");
    const variables = {
      [NAME.generation]: String(generation),
      [NAME.url]: `http://127.0.0.1:${port}`,
      [NAME.stage]: stage,
      [NAME.server]: String(surroundings.process.pid),
    };
    const command = { ...verify, plan, generation, variables };
    return surroundings.startCommand(command, {
      onOutput: (pieces) => this.#note(running, pieces),
      onExit: (how) => {
        if (this.#running !== running) return;
        const said = running.lastLine === "" ? how : `${how}: ${running.lastLine}`;
        this.#answer(running, how === SUCCESS ? undefined : said);
      },
    });
  }

  async #note(running: Running, pieces: readonly Piece[]): Promise<void> {
    const last = pieces.findLast(({ text }) => text.trim() !== "");
    if (last !== undefined) running.lastLine = last.text.trim().slice(0, MOST_QUOTED);
    const logged = running.limit.take(pieces);
    if (logged.length > 0) await this.options.log(logged.map((it) => this.#entry(running, it)));
    // Nobody reads what is left out: a command that prints without end shall not keep us busy.
    else await Bun.sleep(LEFT_OUT_MS);
  }

  #entry({ generation, stage }: Running, { text, continues }: Piece): LogEntry {
    // Tools print what servers send, whose lines end with CR LF.
    const message = text.replace(/\r$/, "");
    return {
      level: "info",
      event: "verify-output",
      message,
      inText: words.verifyOutput(generation, message),
      fields: { generation, stage, ...(continues ? { continues } : {}) },
      time: this.options.surroundings.clock.date(),
    };
  }

  /** @param lost the worker that has ended, if that is the answer */
  #answer(running: Running, problem: string | undefined, lost?: number): void {
    this.end();
    const { generation, stage } = running;
    const about = { generation, stage, problem, ...(lost !== undefined && { lost }) };
    this.options.dispatch({ type: "verified", ...about });
  }

  /** Nobody waits for an answer any more: ends the command, and closes the port. */
  end(): void {
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    running.command?.kill();
    const { lines, bytes } = running.limit.leftOut;
    if (lines > 0) {
      const text = words.verifyLeftOut(lines, bytes);
      void this.options.log([this.#entry(running, { text, continues: false })]);
    }
    this.options.send(running.worker, { type: "close-unlisted", id: running.id });
  }
}

/** The ready worker of a generation in the first slot that has one. */
function firstReady({ workers }: State, generation: number): number | undefined {
  const ready = [...workers.values()].filter(
    (worker) => worker.generation === generation && worker.phase.name === "ready",
  );
  return ready.toSorted((a, b) => a.slot - b.slot)[0]?.id;
}

/** How a command ends that says yes. */
const SUCCESS = "exit code 0";
