// One worker as the master sees it: the process, its messages, and the listeners it hands over.
import { RESERVED_VARIABLES } from "../config/env-types.ts";
import { type FromWorker, readFromWorker, type ToWorker } from "../ipc/messages.ts";
import { ownExecutable } from "./executable.ts";
import type { WorkerHandle } from "./worker-handle.ts";
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
}

/** What a worker starts with, from the configuration of its generation. */
export interface Surroundings {
  /** The folder that it runs in. */
  readonly folder: string;
  /** Variables over those that it inherits. */
  readonly variables: Readonly<Record<string, string>>;
}

function environment({ folder, variables }: Surroundings): Record<string, string | undefined> {
  const env: Record<string, string | undefined> = { ...process.env, ...variables, PWD: folder };
  for (const name of RESERVED_VARIABLES) delete env[name];
  return env;
}

export class WorkerProcess implements WorkerHandle {
  readonly #process: Bun.Subprocess;
  readonly #channel: number;
  #ended = false;

  /** Spawns the process. Throws when that is impossible. */
  constructor(identity: WorkerIdentity, around: Surroundings, callbacks: WorkerCallbacks) {
    const [channel, workersEnd] = descriptorChannel();
    this.#channel = channel;
    const { worker, generation, slot } = identity;
    const name = ["worker", worker, "generation", generation, "slot", slot].map(String);
    try {
      this.#process = Bun.spawn([ownExecutable(), ...name], {
        argv0: "pounce",
        cwd: around.folder,
        env: environment(around),
        stdio: ["ignore", "inherit", "inherit", workersEnd],
        serialization: "json",
        ipc: (value) => {
          const message = readFromWorker(value);
          if (message !== undefined && !this.#ended) callbacks.onMessage(message);
        },
        onExit: (_process, code, signal) => {
          this.#ended = true;
          callbacks.onExit(signal === null ? `exit code ${code}` : `signal ${nameOf(signal)}`);
        },
      });
    } catch (error) {
      closeDescriptor(channel);
      throw error;
    } finally {
      closeDescriptor(workersEnd);
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
    return receiveDescriptor(this.#channel);
  }

  kill(): void {
    this.#process.kill("SIGKILL");
  }

  dispose(): void {
    for (let fd = this.takeListener(); fd !== undefined; fd = this.takeListener()) {
      closeDescriptor(fd);
    }
    closeDescriptor(this.#channel);
  }
}

function nameOf(signal: NodeJS.Signals | number): string {
  return String(signal);
}
