// The successor as its predecessor sees it: the process that is started to take over, its messages,
// and its end.
//
// It leads a session of its own. So Ctrl-C in the old terminal reaches only the predecessor, and if
// the successor fails, all its processes can be ended together.
import { type FromPredecessor, readFromSuccessor } from "../../ipc/handover-messages.ts";
import { LISTENER_CHANNEL } from "../../ipc/inherited.ts";
import { closeDescriptor, descriptorChannel, sendDescriptor } from "../../os/descriptors.ts";
import { SystemError } from "../../os/libc.ts";
import { isGroupRunning, signalGroup } from "../../os/process-group.ts";
import type { SuccessorCallbacks, SuccessorHandle } from "../surroundings.ts";
import { environmentOfSuccessor } from "./environment.ts";

/** How often to check whether a channel has room again, or the last process has ended. */
const POLL_MS = 5;
const LONGEST_POLL_MS = 100;

/** How this process was started, to start another in the same way. */
export interface StartCommand {
  /** The executable's path, without following links. */
  readonly path: string;
  readonly argv: readonly string[];
  readonly cwd: string;
}

export class Successor implements SuccessorHandle {
  readonly #process: Bun.Subprocess;
  readonly #channel: number;
  readonly #onGone: () => void;
  #ended = false;
  #poll: ReturnType<typeof setTimeout> | undefined;

  constructor({ path, argv, cwd }: StartCommand, callbacks: SuccessorCallbacks) {
    const [channel, successorsEnd] = descriptorChannel();
    this.#channel = channel;
    this.#onGone = callbacks.onGone;
    const stdio: ("inherit" | number)[] = ["inherit", "inherit", "inherit"];
    stdio[LISTENER_CHANNEL] = successorsEnd;
    try {
      this.#process = Bun.spawn([path, ...argv], {
        argv0: process.argv0,
        cwd,
        env: environmentOfSuccessor(process.env),
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
          this.#watchGroup();
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
      // The channel closes a moment before the exit is noticed.
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
      // The channel is full, or the process has ended and that is noticed in a moment.
      if (error instanceof SystemError) return false;
      throw error;
    }
  }

  stop(): void {
    if (!this.#ended) this.#process.kill("SIGTERM");
  }

  kill(): void {
    signalGroup(this.pid, "SIGKILL");
    clearTimeout(this.#poll);
    if (this.#ended) this.#poll = setTimeout(() => this.#watchGroup(), POLL_MS);
  }

  /** The process that leads the group has ended: waits for the rest of the group. */
  #watchGroup(afterMs = POLL_MS): void {
    if (!isGroupRunning(this.pid)) return this.#onGone();
    // Workers take their time to finish, and looking at all processes costs some.
    const nextMs = Math.min(2 * afterMs, LONGEST_POLL_MS);
    this.#poll = setTimeout(() => this.#watchGroup(nextMs), afterMs);
  }

  dispose(): void {
    clearTimeout(this.#poll);
    closeDescriptor(this.#channel);
  }
}
