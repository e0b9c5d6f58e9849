// The app's handlers for signals and for the end of its process.
//
// A service manager or a terminal sends its signal to every process of the server. An app's
// handler, as all guides write it, ends its process: here that would cut off the requests that
// pounce must finish. So pounce takes TERM, INT and HUP, and calls the app's handlers once, at the
// end, when its last request has ended.
import type { HeldEvents } from "./held-events.ts";

/** At the end the app gets the first of these that it listens for. */
const AT_THE_END = [
  ["SIGTERM", 15],
  ["SIGINT", 2],
  ["SIGHUP", 1],
] as const;
/** Whoever sends these to a worker means the app. */
const PASSED_ON = ["SIGUSR1", "SIGUSR2"] as const;

export const SIGNAL_EVENTS = [...AT_THE_END.map(([name]) => name), ...PASSED_ON] as const;

/**
 * How long a handler gets that returns no promise: it may have started something that ends in
 * `process.exit`, or it may be done.
 */
const SYNC_HANDLER_MS = 1000;

export interface AppSignalsOptions {
  readonly held: HeldEvents<(typeof SIGNAL_EVENTS)[number]>;
  /** TERM has come, from any sender. */
  readonly onTerm: () => void;
  /** The app ends its process. @param error shows where it does that */
  readonly onExit: (error: Error) => void;
  /** The app has sent itself a signal, which is ignored. */
  readonly onSelfSignal: (signal: string) => void;
  /** A handler of the app has thrown. */
  readonly onError: (error: unknown) => void;
}

export class AppSignals {
  /** The end is near: from now on the app may end the process. */
  #mayExit = false;
  #exit = process.exit.bind(process);

  constructor(readonly options: AppSignalsOptions) {
    const { held, onTerm } = options;
    held.own("SIGTERM", onTerm);
    for (const signal of ["SIGINT", "SIGHUP"] as const) held.own(signal, () => undefined);
    for (const signal of PASSED_ON) held.own(signal, (...args) => held.emit(signal, ...args));
    this.#watchExit();
    this.#watchKill();
  }

  /** From now on an exit by the app is not reported. */
  allowExit(): void {
    this.#mayExit = true;
  }

  /** Whether there is a handler to call at the end. */
  get hasHandlers(): boolean {
    return this.#found !== undefined;
  }

  get #found(): (typeof AT_THE_END)[number] | undefined {
    return AT_THE_END.find(([name]) => this.options.held.listeners(name).length > 0);
  }

  /** Calls the app's own handlers. Resolves when they are done, at the latest after `limitMs`. */
  async callHandlers(limitMs: number): Promise<void> {
    this.allowExit();
    const found = this.#found;
    if (found !== undefined) await this.#call(found, limitMs);
    process.emit("beforeExit", 0);
  }

  async #call([name, number]: (typeof AT_THE_END)[number], limitMs: number): Promise<void> {
    const { held, onError } = this.options;
    let hasPromise = false;
    const results = held.listeners(name).map(async (listener) => {
      try {
        const result = listener.call(process, name, number);
        hasPromise ||= result instanceof Promise;
        await result;
      } catch (error) {
        onError(error);
      }
    });
    const done = hasPromise ? Promise.all(results) : Bun.sleep(SYNC_HANDLER_MS);
    await Promise.race([done, Bun.sleep(limitMs)]);
  }

  #watchExit(): void {
    const exit = this.#exit;
    const watched = (code?: number | string | null): never => {
      if (!this.#mayExit) {
        const error = new Error(`process.exit(${code ?? ""})`);
        Error.captureStackTrace(error, watched);
        this.allowExit();
        this.options.onExit(error);
      }
      return exit(code);
    };
    process.exit = watched;
  }

  /** Handlers often end by sending the signal again, now that nobody listens for it. */
  #watchKill(): void {
    const kill = process.kill.bind(process);
    process.kill = (pid, signal) => {
      const given = signal ?? "SIGTERM";
      const found = AT_THE_END.find(([name, number]) => name === given || number === given);
      if (pid !== process.pid || found === undefined) return kill(pid, signal);
      if (this.#mayExit) this.#exit(0);
      this.options.onSelfSignal(found[0]);
      return true;
    };
  }
}
