// Ends a worker whose master has died, even if the worker's event loop is blocked.
//
// When the parent dies, the kernel sends a signal. Its handler is the C function alarm() itself,
// which the kernel calls with the signal's number as the argument: that many seconds later SIGALRM
// ends the process, without any JavaScript having to run. A worker that can still run postpones the
// alarm.
import { PR_SET_PDEATHSIG } from "./constants.ts";
import { checked, libc } from "./libc.ts";

const RTLD_DEFAULT = null;

/**
 * Signals that nothing else uses here, by number, which is also the time in seconds that they give.
 * Left out are the signals that JavaScriptCore uses to suspend threads (10, 30), profiling timers
 * (26, 27), the window size (28), and 32 and 33, which the C library keeps for itself. If a worker
 * gets QUIT (3) from a terminal, its master gets it too and stops at once.
 */
const SIGNALS = [3, 16, 29, ...Array.from({ length: 31 }, (_, index) => 34 + index)];

/** The signal that gives at least `seconds`, or the maximum (64). */
export function signalFor(seconds: number): number {
  return SIGNALS.find((signal) => signal >= seconds) ?? 64;
}

/**
 * Arms the death signal so that a blocked worker gets at least `seconds`, at most 64. Returns
 * whether the parent is still `parent`: it may have died before this call.
 */
export function endWithParent(parent: number, seconds: number): boolean {
  const { dlsym, signal, prctl, getppid } = libc();
  const name = Buffer.from("alarm\0");
  const alarm = dlsym(RTLD_DEFAULT, name);
  const number = signalFor(seconds);
  if (alarm !== null) signal(number, alarm);
  checked("prctl", prctl(PR_SET_PDEATHSIG, BigInt(number), 0n, 0n, 0n));
  return getppid() === parent;
}

/** Postpones the alarm that ends this process: `seconds` from now. */
export function postponeAlarm(seconds: number): void {
  libc().alarm(seconds);
}

export function parentPid(): number {
  return libc().getppid();
}
