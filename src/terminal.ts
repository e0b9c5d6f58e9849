// The terminal that this process was started from, and whether it has been closed.
//
// A SIGHUP means two things: whoever sends it wants a reload, and a terminal that is closed, or the
// shell in it, ends what was started there. Who sent it, Bun does not tell. But a closed terminal
// is gone at the moment of the signal, and was there a moment before. One that has been gone for
// longer was left behind (`disown`): then a SIGHUP is a request again. Under `nohup`, which has it
// ignored, always.
import { closeSync, constants, openSync, readFileSync } from "node:fs";

/**
 * How long after its end a terminal's signal may come: from the shell, and again from the kernel.
 */
const SIGNAL_COMES_WITHIN_MS = 1500;
const LOOK_MS = 1000;
const SIGHUP_BIT = 1n;

/** Opens the terminal, which a process has whatever its streams are; not so one of a service. */
function isThere(): boolean {
  try {
    closeSync(openSync("/dev/tty", constants.O_RDONLY | constants.O_NOCTTY | constants.O_NONBLOCK));
    return true;
  } catch {
    return false;
  }
}

/** Whether SIGHUP was ignored when this process was started. Where that is not known: yes. */
function isHangupIgnored(): boolean {
  try {
    const mask = /^SigIgn:\s*([0-9a-f]+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
    return mask === undefined || (BigInt(`0x${mask}`) & SIGHUP_BIT) !== 0n;
  } catch {
    return true;
  }
}

export class Terminal {
  /** Whether its end is to be this process's. */
  readonly #matters: boolean;
  #goneSinceMs: number | undefined;

  /** To be called before anything handles SIGHUP. */
  constructor(
    readonly probe = isThere,
    isIgnored = isHangupIgnored,
  ) {
    this.#matters = probe() && !isIgnored();
  }

  /** Notices from now on when the terminal goes away. */
  watch(): void {
    if (!this.#matters) return;
    const timer = setInterval(() => {
      this.#look(performance.now());
      if (this.#goneSinceMs !== undefined) clearInterval(timer);
    }, LOOK_MS);
    timer.unref();
  }

  #look(nowMs: number): void {
    if (this.#goneSinceMs === undefined && !this.probe()) this.#goneSinceMs = nowMs;
  }

  /** Whether a SIGHUP that comes now tells of the end of the terminal. */
  isHangup(nowMs = performance.now()): boolean {
    if (!this.#matters) return false;
    this.#look(nowMs);
    return this.#goneSinceMs !== undefined && nowMs - this.#goneSinceMs < SIGNAL_COMES_WITHIN_MS;
  }
}
