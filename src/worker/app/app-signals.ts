// The app's handlers for signals and for the end of its process.
//
// A service manager or a terminal sends its signal to every process of the server. An app's
// handler, as all guides write it, ends its process: here that would cut off the requests that
// pounce must finish. So pounce takes TERM, INT and HUP, and calls the app's handlers once, at the
// end, when its last request has ended. How long they have: last-handlers.ts.
import { watchExit } from "./exit-call.ts";
import type { HeldEvents } from "./held-events.ts";
import { type CutOff, runHandlers } from "./last-handlers.ts";

/** At the end the app gets the first of these that it listens for. */
const AT_THE_END = [
  ["SIGTERM", 15],
  ["SIGINT", 2],
  ["SIGHUP", 1],
] as const;
/** Whoever sends these to a worker means the app. */
const PASSED_ON = ["SIGUSR1", "SIGUSR2"] as const;

export const SIGNAL_EVENTS = [...AT_THE_END.map(([name]) => name), ...PASSED_ON] as const;

export interface AppSignalsOptions {
  readonly held: HeldEvents<(typeof SIGNAL_EVENTS)[number]>;
  /** TERM has come, from any sender. */
  readonly onTerm: () => void;
  /** The app ends its process. @param error shows where it does that */
  readonly onExit: (error: Error) => void;
  /** The process ends now, by the app or by us. */
  readonly onLeave: () => void;
  /** The app has sent itself a signal, which is ignored. */
  readonly onSelfSignal: (signal: string) => void;
  /** A handler of the app has thrown. @param which it was, for people */
  readonly onError: (error: unknown, which: string) => void;
  /** The time of the app's handlers is up. @param which they are: their signal and their names */
  readonly onCutOff: (which: string, cutOff: CutOff) => void;
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
    watchExit((error) => {
      if (!this.#mayExit) this.options.onExit(error);
      this.allowExit();
      this.options.onLeave();
    });
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

  /**
   * Calls the app's own handlers, which may end the process. Resolves when the process may end, at
   * the latest after `limitMs`.
   */
  async callHandlers(limitMs: number): Promise<void> {
    this.allowExit();
    const { held, onError, onCutOff } = this.options;
    const [name, number] = this.#found ?? [];
    const handlers = name === undefined ? [] : held.take(name);
    const calls = handlers.map((handler) => () => handler.call(process, name, number));
    const cutOff = await runHandlers(calls, limitMs, onError);
    if (name === undefined || cutOff === undefined) return;
    const names = handlers.map((handler) => handler.name).filter((it) => it !== "");
    onCutOff(names.length === 0 ? name : `${name} (${names.join(", ")})`, cutOff);
  }

  #leave(): never {
    this.options.onLeave();
    return this.#exit(0);
  }

  /** Handlers often end by sending the signal again, now that nobody listens for it. */
  #watchKill(): void {
    const kill = process.kill.bind(process);
    process.kill = (pid, signal) => {
      const given = signal ?? "SIGTERM";
      const found = AT_THE_END.find(([name, number]) => name === given || number === given);
      if (pid !== process.pid || found === undefined) return kill(pid, signal);
      if (this.#mayExit) this.#leave();
      this.options.onSelfSignal(found[0]);
      return true;
    };
  }
}
