// The terminal that this process was started from, and whether it has been closed.
//
// A SIGHUP can mean two things. A user who sends it wants a reload; a terminal that closes, or its
// shell, ends what was started there. Bun does not say who sent it. But a terminal that closes was
// there a moment before the signal and is gone when it arrives. If it has been gone for longer, the
// process was left behind on purpose (`disown`), and a SIGHUP is a request again. Under `nohup`,
// which ignores SIGHUP, it always is.
import { closeSync, constants, openSync, readFileSync } from "node:fs";

/**
 * How long after its end a terminal's signal may arrive: from the shell, and again from the kernel.
 */
const SIGNAL_COMES_WITHIN_MS = 1500;
const LOOK_MS = 1000;
const SIGHUP_BIT = 1n;

/** Opens the terminal. A process has one whatever its streams are; a service has none. */
function isThere(): boolean {
  try {
    closeSync(openSync("/dev/tty", constants.O_RDONLY | constants.O_NOCTTY | constants.O_NONBLOCK));
    return true;
  } catch {
    return false;
  }
}

/** Whether SIGHUP was ignored when this process was started. If unknown: yes. */
function isHangupIgnored(): boolean {
  try {
    const mask = /^SigIgn:\s*([0-9a-f]+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
    return mask === undefined || (BigInt(`0x${mask}`) & SIGHUP_BIT) !== 0n;
  } catch {
    return true;
  }
}

export class Terminal {
  /** Whether the end of the terminal should end this process. */
  readonly #matters: boolean;
  #goneSinceMs: number | undefined;

  /** Create it before anything handles SIGHUP. */
  constructor(
    readonly probe = isThere,
    isIgnored = isHangupIgnored,
  ) {
    this.#matters = probe() && !isIgnored();
  }

  /** From now on notices when the terminal goes away. */
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

  /** Whether a SIGHUP that arrives now means the end of the terminal. */
  isHangup(nowMs = performance.now()): boolean {
    if (!this.#matters) return false;
    this.#look(nowMs);
    return this.#goneSinceMs !== undefined && nowMs - this.#goneSinceMs < SIGNAL_COMES_WITHIN_MS;
  }
}
