// One worker as the master sees it: the process, its messages, and the listeners it hands over.
import { type FromWorker, readFromWorker, type ToWorker } from "../ipc/messages.ts";
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

/** What decides how this executable, or the app in it, behaves, and is not the workers' to inherit. */
const NOT_INHERITED = [
  "BUN_OPTIONS",
  "BUN_BE_BUN",
  "NOTIFY_SOCKET",
  "WATCHDOG_PID",
  "WATCHDOG_USEC",
];

/** The environment of a worker that runs in `folder`. */
function environment(folder: string): Record<string, string | undefined> {
  const env: Record<string, string | undefined> = { ...process.env, PWD: folder };
  for (const name of NOT_INHERITED) delete env[name];
  return env;
}

export class WorkerProcess {
  readonly #process: Bun.Subprocess;
  readonly #channel: number;
  #ended = false;

  /** Spawns the process, in `folder`. Throws when that is impossible. */
  constructor(identity: WorkerIdentity, folder: string, callbacks: WorkerCallbacks) {
    const [channel, workersEnd] = descriptorChannel();
    this.#channel = channel;
    const { worker, generation, slot } = identity;
    const name = ["worker", worker, "generation", generation, "slot", slot].map(String);
    try {
      this.#process = Bun.spawn([process.execPath, ...name], {
        argv0: "pounce",
        cwd: folder,
        env: environment(folder),
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

  /** Sends a message; one to a process that has ended is dropped, as its exit tells all there is. */
  send(message: ToWorker): void {
    if (this.#ended) return;
    try {
      this.#process.send(message);
    } catch {
      // The channel closes a moment before the exit is seen.
    }
  }

  /** A listener that the worker has handed over; `undefined` when there is none. */
  takeListener(): number | undefined {
    return receiveDescriptor(this.#channel);
  }

  kill(): void {
    this.#process.kill("SIGKILL");
  }

  /** Closes what was handed over and never taken, and the channel. */
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
