// Starts the process of the next worker before it is asked for: its runtime starts while the master
// starts, or reads the configuration. Until it is asked for, it has nothing to do and has loaded
// nothing of the app. If it then turns out that it should have been started in another way, it is
// ended, and the worker gets a process of its own.
import { closeSync } from "node:fs";
import type { PageFiles } from "../surroundings.ts";
import { closeDescriptor } from "../../os/descriptors.ts";
import { type ProcessStart, type StartedProcess, startProcess } from "./start-process.ts";

interface Waiting {
  readonly start: ProcessStart;
  readonly process: StartedProcess;
  /** Whether a worker counts in its page. */
  isPageTaken: boolean;
}

export class ProcessAhead {
  #waiting: Waiting | undefined;

  /** @param pages makes the pages of workers */
  constructor(readonly pages: PageFiles) {}

  /** The process that waits, and what it was started with. */
  get waiting(): Pick<Waiting, "start" | "process"> | undefined {
    return this.#waiting;
  }

  /**
   * Starts a process, in place of the one that waits. If that is impossible none waits: whoever
   * needs it will hear why.
   */
  begin(start: Omit<ProcessStart, "page">): void {
    this.drop();
    let page: number | undefined;
    try {
      page = this.pages.create().descriptor;
      const begun = { ...start, page };
      this.#waiting = { start: begun, process: startProcess(begun), isPageTaken: false };
    } catch {
      if (page !== undefined) closeSync(page);
    }
  }

  /** The page of the process that waits, for the worker that it will be. */
  takePage(): number | undefined {
    if (this.#waiting === undefined || this.#waiting.isPageTaken) return undefined;
    this.#waiting.isPageTaken = true;
    return this.#waiting.start.page;
  }

  /** The process that waits if it is as it should be; otherwise none waits any more. */
  take(start: ProcessStart): StartedProcess | undefined {
    const waiting = this.#waiting;
    if (waiting === undefined) return undefined;
    const { subprocess } = waiting.process;
    const isRunning = subprocess.exitCode === null && subprocess.signalCode === null;
    if (!isRunning || !Bun.deepEquals(withoutUnset(waiting.start), withoutUnset(start))) {
      this.drop();
      return undefined;
    }
    this.#waiting = undefined;
    return waiting.process;
  }

  /** Ends the process that waits. */
  drop(): void {
    if (this.#waiting === undefined) return;
    const { start, process, isPageTaken } = this.#waiting;
    this.#waiting = undefined;
    process.subprocess.kill("SIGKILL");
    closeSync(process.channel);
    if (process.listeners !== undefined) closeDescriptor(process.listeners);
    if (start.page !== undefined && !isPageTaken) closeSync(start.page);
  }
}

/** A variable that is undefined is none. */
function withoutUnset(start: ProcessStart): ProcessStart {
  const set = Object.entries(start.env).filter(([, value]) => value !== undefined);
  return { ...start, env: Object.fromEntries(set) };
}
