// One worker as the master sees it: the process, its messages, and the listeners it hands over.
import { statSync } from "node:fs";
import { RESERVED_VARIABLES } from "../config/env-types.ts";
import { type FromWorker, readFromWorker, type ToWorker } from "../ipc/messages.ts";
import { here } from "../platform.ts";
import type { WorkerHandle } from "./worker-handle.ts";
import { type OutputSink, WorkerOutput } from "./worker-output.ts";
import { closeDescriptor, descriptorChannel, receiveDescriptor } from "../net/descriptors.ts";

export interface WorkerIdentity {
  readonly worker: number;
  readonly generation: number;
  readonly slot: number;
}

export interface WorkerCallbacks {
  readonly onMessage: (message: FromWorker) => void;
  /** @param how `exit code 1` or `signal SIGKILL`. */
  readonly onExit: (how: string) => void;
  /** Takes what the worker prints; see `WorkerOutput`. Without it that goes where ours goes. */
  readonly onOutput?: OutputSink | undefined;
}

/** What a worker starts with, from the configuration of its generation. */
export interface Surroundings {
  /** The file to start it from. */
  readonly executable: string;
  /** The folder that it runs in. */
  readonly folder: string;
  /** The folder to start it in, which it leaves for the other; see start-folder.ts. */
  readonly startFolder: string;
  /** Variables over those that it inherits. */
  readonly variables: Readonly<Record<string, string>>;
  /** The page to count in, if there is one. */
  readonly page: number | undefined;
  /** The descriptor that is its stdout where its output is not read; ours when not given. */
  readonly stdout?: number;
}

/**
 * How long the news of a worker's end may be held back for what it has printed. Of one that has a
 * listener not for long: new connections come to it until then.
 */
const LAST_WORDS_MS = 500;
const LAST_WORDS_OF_LISTENER_MS = 50;

function environment({ folder, variables }: Surroundings): Record<string, string | undefined> {
  const env: Record<string, string | undefined> = { ...process.env, ...variables, PWD: folder };
  for (const name of RESERVED_VARIABLES) delete env[name];
  return env;
}

export class WorkerProcess implements WorkerHandle {
  readonly #process: Bun.Subprocess;
  /** Over it come listeners; undefined where there is no passing them on. */
  readonly #channel: number | undefined;
  readonly #output: WorkerOutput | undefined;
  #ended = false;
  #hasListener = false;

  /** Spawns the process. Throws when that is impossible. */
  constructor(identity: WorkerIdentity, around: Surroundings, callbacks: WorkerCallbacks) {
    const [channel, workersEnd] = here.sharesAddresses ? descriptorChannel() : [];
    this.#channel = channel;
    const { worker, generation, slot } = identity;
    const name = ["worker", worker, "generation", generation, "slot", slot].map(String);
    try {
      this.#output = callbacks.onOutput && new WorkerOutput(callbacks.onOutput);
      const { stdout = 1 } = around;
      const [out, err] = this.#output?.workersEnds ?? [stdout, 2];
      this.#process = Bun.spawn([around.executable, ...name], {
        argv0: "pounce",
        cwd: around.startFolder,
        env: environment(around),
        // The last is for the access log: where the worker's own output is read, ours all the same.
        stdio: ["ignore", out, err, workersEnd ?? "ignore", around.page ?? "ignore", stdout],
        serialization: "json",
        ipc: (value) => {
          const message = readFromWorker(value);
          if (message !== undefined && !this.#ended) callbacks.onMessage(message);
        },
        onExit: async (_process, code, signal) => {
          this.#ended = true;
          // Its last words come before the news of its end.
          if (this.#output !== undefined) {
            const limitMs = this.#hasListener ? LAST_WORDS_OF_LISTENER_MS : LAST_WORDS_MS;
            await this.#output.untilQuiet(limitMs);
          }
          callbacks.onExit(signal === null ? `exit code ${code}` : `signal ${nameOf(signal)}`);
        },
      });
    } catch (error) {
      if (channel !== undefined) closeDescriptor(channel);
      throw explained(error);
    } finally {
      if (workersEnd !== undefined) closeDescriptor(workersEnd);
      this.#output?.closeWorkersEnds();
    }
  }

  get pid(): number {
    return this.#process.pid;
  }

  send(message: ToWorker): void {
    if (this.#ended) return;
    try {
      this.#process.send(message);
    } catch {
      // The channel closes a moment before the exit is seen.
    }
  }

  takeListener(): number | undefined {
    if (this.#channel === undefined) return undefined;
    const descriptor = receiveDescriptor(this.#channel);
    this.#hasListener ||= descriptor !== undefined;
    return descriptor;
  }

  kill(): void {
    this.#process.kill("SIGKILL");
  }

  dispose(): void {
    for (let fd = this.takeListener(); fd !== undefined; fd = this.takeListener()) {
      closeDescriptor(fd);
    }
    if (this.#channel !== undefined) closeDescriptor(this.#channel);
  }
}

/** Bun opens /dev/null for a process that gets no input, and blames the executable when it cannot. */
function explained(error: unknown): unknown {
  if (statSync("/dev/null", { throwIfNoEntry: false })?.isCharacterDevice() === true) return error;
  return new Error("there is no /dev/null: mount /dev into the container or chroot");
}

function nameOf(signal: NodeJS.Signals | number): string {
  return String(signal);
}
