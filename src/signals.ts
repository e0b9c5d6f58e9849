// The signals of the master, caught from the first line of the program: a signal that arrives while
// the rest is still starting is kept, not fatal. Handlers only enqueue; the control loop acts.
import { SIGNAL_EXIT_CODE } from "./exit-codes.ts";
import { Terminal } from "./terminal.ts";

export type MasterSignal = (typeof SIGNALS)[number];

const SIGNALS = [
  "SIGHUP",
  "SIGTERM",
  "SIGINT",
  "SIGQUIT",
  "SIGTTIN",
  "SIGTTOU",
  "SIGUSR1",
  "SIGUSR2",
] as const;
const IGNORED = ["SIGWINCH"] as const;

const early: MasterSignal[] = [];
let deliver = (signal: MasterSignal): void => void early.push(signal);

/**
 * The terminal of this process. How SIGHUP was set at the start can be known only before it is
 * handled.
 */
export const terminal = new Terminal();

for (const signal of SIGNALS) process.on(signal, () => deliver(signal));
for (const signal of IGNORED) process.on(signal, () => undefined);

/** Passes on every signal, starting with those that have already arrived. */
export function onSignal(handler: (signal: MasterSignal) => void): void {
  deliver = handler;
  for (const signal of early.splice(0)) handler(signal);
}

/** For commands that end at once: resolves with the exit code when a signal asks for it. */
export function untilEndSignal(): Promise<number> {
  const codes: Partial<Record<MasterSignal, number>> = SIGNAL_EXIT_CODE;
  return new Promise((resolve) => {
    onSignal((signal) => {
      const code = codes[signal];
      if (code !== undefined) resolve(code);
    });
  });
}

/** Stops handling signals: a worker has its own rules for them. */
export function forgetSignals(): void {
  for (const signal of [...SIGNALS, ...IGNORED]) process.removeAllListeners(signal);
}
