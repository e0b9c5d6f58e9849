// The new master as the old one sees it: the process that is started to take over, its messages,
// and its end.
//
// It leads a session of its own, as a server that outlives its terminal should: Ctrl-C reaches the
// old master only. So all its processes can be ended together, should it fail.
import { type FromPredecessor, readFromSuccessor } from "../../ipc/handover-messages.ts";
import { LISTENER_CHANNEL } from "../../ipc/inherited.ts";
import { closeDescriptor, descriptorChannel, sendDescriptor } from "../../os/descriptors.ts";
import { SystemError } from "../../os/libc.ts";
import type { SuccessorCallbacks, SuccessorHandle } from "../surroundings.ts";
import { TAKEOVER_VARIABLE } from "./successor-variable.ts";

/** How long a new master that failed may take to end by itself, and its processes after a kill. */
const END_MS = 2000;
const POLL_MS = 5;

/** How this process was started, for another to be started in the same way. */
export interface StartCommand {
  /** The executable's path, links not followed. */
  readonly path: string;
  readonly argv: readonly string[];
  readonly cwd: string;
}

export class Successor implements SuccessorHandle {
  readonly #process: Bun.Subprocess;
  readonly #channel: number;
  #ended = false;

  /** Starts the process. Throws when that is impossible. */
  constructor({ path, argv, cwd }: StartCommand, callbacks: SuccessorCallbacks) {
    const [channel, successorsEnd] = descriptorChannel();
    this.#channel = channel;
    const stdio: ("inherit" | number)[] = ["inherit", "inherit", "inherit"];
    stdio[LISTENER_CHANNEL] = successorsEnd;
    try {
      this.#process = Bun.spawn([path, ...argv], {
        argv0: process.argv0,
        cwd,
        env: {
          ...process.env,
          [TAKEOVER_VARIABLE]: "1",
          // A watchdog of the service manager that is for this process will be for that one.
          WATCHDOG_PID: undefined,
        },
        stdio: stdio as ["inherit", "inherit", "inherit", number],
        detached: true,
        serialization: "json",
        ipc: (value) => {
          const message = readFromSuccessor(value);
          if (message !== undefined) callbacks.onMessage(message);
        },
        onExit: (_process, code, signal) => {
          this.#ended = true;
          callbacks.onExit(signal === null ? `exit code ${code}` : `signal ${String(signal)}`);
        },
      });
    } catch (error) {
      closeDescriptor(channel);
      throw error;
    } finally {
      closeDescriptor(successorsEnd);
    }
  }

  get pid(): number {
    return this.#process.pid;
  }

  send(message: FromPredecessor): void {
    if (this.#ended) return;
    try {
      this.#process.send(message);
    } catch {
      // The channel closes a moment before the exit is seen.
    }
  }

  sendListeners(listeners: readonly number[], failed: (error: unknown) => void): void {
    this.#sendAll(listeners).catch(failed);
  }

  async #sendAll(listeners: readonly number[]): Promise<void> {
    for (const listener of listeners) {
      while (!this.#ended && !this.#trySend(listener)) await Bun.sleep(POLL_MS);
    }
  }

  #trySend(listener: number): boolean {
    try {
      sendDescriptor(this.#channel, listener);
      return true;
    } catch (error) {
      // The channel is full, or the process is about to be seen to have ended.
      if (error instanceof SystemError) return false;
      throw error;
    }
  }

  end(patienceMs: number | undefined, done: () => void): void {
    void (patienceMs === undefined ? this.#kill() : this.#end(patienceMs)).finally(done);
  }

  async #end(patienceMs: number): Promise<void> {
    if (!this.#ended) this.#process.kill("SIGTERM");
    await Promise.race([this.#process.exited, Bun.sleep(END_MS)]);
    await this.#untilGone(patienceMs);
    await this.#kill();
  }

  async #kill(): Promise<void> {
    signalGroup(this.pid, "SIGKILL");
    await this.#process.exited;
    await this.#untilGone(END_MS);
    closeDescriptor(this.#channel);
  }

  async #untilGone(patienceMs: number): Promise<void> {
    const untilMs = performance.now() + patienceMs;
    while (performance.now() < untilMs && signalGroup(this.pid, 0)) await Bun.sleep(POLL_MS);
  }
}

/** Sends a signal to a process group. Returns whether there is one. */
function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-leader, signal);
    return true;
  } catch {
    return false;
  }
}
