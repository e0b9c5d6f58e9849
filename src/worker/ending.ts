// The end of a worker's process, whoever ends it: the app's own handlers of signals have the last
// word, and the processes that the app has started end with it.
import { descendantsOf, endChildren } from "../os/children.ts";
import type { AppSignals } from "./app/app-signals.ts";
import { spareMoved } from "./movable/moved.ts";
import type { WorkerLog } from "./worker-log.ts";

/** For the app's signal handlers when the drain time is up: the master waits a second. */
const LAST_HANDLERS_MS = 300;

interface EndingOptions {
  readonly signals: AppSignals;
  /** Undefined: there is none yet. */
  readonly log: () => WorkerLog | undefined;
  readonly leave: (code: number) => void;
}

export class Ending {
  #hasEndedChildren = false;

  constructor(readonly options: EndingOptions) {}

  /** Whether the app has handlers to call at the end. */
  get needsTime(): boolean {
    return this.options.signals.hasHandlers;
  }

  /** Ends the process, with an exit code. */
  exit(code: number): void {
    this.options.signals.allowExit();
    this.endChildren();
    this.options.leave(code);
  }

  /** The process ends now, in whatever way. Its requests have ended, if it ends properly. */
  endChildren(): void {
    if (this.#hasEndedChildren) return;
    this.#hasEndedChildren = true;
    const told = endChildren(descendantsOf(process.pid));
    if (told !== undefined) this.options.log()?.info("children-ended", told);
  }

  /** Calls the app's handlers first, which have what is left of the drain. */
  async exitWithHandlers(leftMs: number): Promise<void> {
    spareMoved();
    const limitMs = Math.max(leftMs - LAST_HANDLERS_MS, LAST_HANDLERS_MS);
    await this.options.signals.callHandlers(limitMs);
    this.exit(0);
  }
}
