// The service manager that started this process, such as systemd. It hears what the server is
// doing, and that its control loop turns. Without one (no NOTIFY_SOCKET), none of this is loaded.
import { NOTHING_NOTIFIED, notices, remainingMs, type Notified } from "../../core/notices.ts";
import type { State } from "../../core/state.ts";
import type { Log } from "../../log/logger.ts";
import { monotonicUsec, type NotifySocket, openNotifySocket } from "../../os/notify.ts";

/**
 * How much more time is requested, again and again, for something that takes long. It is not all
 * the time that it may take: systemd would then wait as long for a master that hangs.
 */
const EXTENSION_MS = 15_000;
const EXTEND_EACH_MS = 5000;
/** When the receiver's queue is full: how soon to retry, and how much to keep until then. */
const RETRY_MS = 50;
const MOST_KEPT = 100;
/** A timer can be set for 24 days, and notifying more often does no harm. */
const LONGEST_WATCHDOG_MS = 86_400_000;

type Environment = Readonly<Record<string, string | undefined>>;

export class ServiceManager {
  readonly #socket: NotifySocket | string;
  readonly #address: string;
  readonly #watchdogMs: number | undefined;
  readonly #timers: ReturnType<typeof setInterval>[] = [];
  readonly #unsent: string[] = [];
  #retry: ReturnType<typeof setTimeout> | undefined;
  #notified: Notified = NOTHING_NOTIFIED;
  #state: State | undefined;
  #turns = 0;
  #problem: string | undefined;
  #log: Log | undefined;
  #isReachable = false;
  #isSilent = false;
  /** Another process still speaks for the server. */
  #waits: boolean;

  /**
   * @param address NOTIFY_SOCKET
   * @param waits this process will take over from another: it says nothing before `takeOver`
   */
  constructor(address: string, env: Environment, waits = false, pid = process.pid) {
    this.#waits = waits;
    this.#address = address;
    this.#socket = openNotifySocket(address);
    this.#watchdogMs = watchdogMs(env, pid);
    if (typeof this.#socket === "string") {
      this.#fail(this.#socket);
      this.#isSilent = true;
      return;
    }
    this.#timers.push(setInterval(() => this.#extend(), EXTEND_EACH_MS));
    this.#send(`STATUS=Starting\n${extension(EXTENSION_MS)}`);
  }

  /**
   * The control loop is running now. @param turn takes an event that changes nothing through the
   * loop: the watchdog is only notified when that has come to an end
   */
  attach(turn: () => void, log: Log): void {
    this.#log = log;
    this.#tellProblem();
    if (this.#watchdogMs === undefined || this.#isSilent) return;
    const ping = (): void => {
      const before = this.#turns;
      turn();
      if (this.#turns > before) this.#repeat("WATCHDOG=1");
    };
    this.#timers.push(setInterval(ping, this.#watchdogMs / 2));
  }

  /**
   * The control socket answers, or there is none: everybody who hears that the server is up may use
   * it.
   */
  reachable(): void {
    this.#isReachable = true;
    if (this.#state !== undefined) this.#tell(this.#state);
  }

  /** Reports what has changed. Called after each turn of the control loop. */
  observe(state: State): void {
    this.#turns += 1;
    this.#state = state;
    if (this.#isReachable || state.serving === undefined) this.#tell(state);
  }

  #tell(state: State): void {
    const before = this.#notified.phase;
    const { notified, messages } = notices(this.#notified, state, monotonicUsec());
    this.#notified = notified;
    for (const message of messages) this.#send(message);
    if (notified.phase !== before) this.#extend();
  }

  /**
   * Makes the service manager follow process `pid`, a child in the same unit, from now on. This
   * process then says nothing more. The other one was not listened to until now, and repeats what
   * it has to say, see `takeOver`.
   */
  handOver(pid: number): void {
    this.#send(`MAINPID=${pid}`);
    this.close();
  }

  /** Repeats what this server is doing, after another process has handed over to this one. */
  takeOver(): void {
    this.#waits = false;
    this.#notified = NOTHING_NOTIFIED;
    if (this.#state !== undefined) this.#tell(this.#state);
    if (this.#watchdogMs !== undefined) this.#repeat("WATCHDOG=1");
  }

  /** Sends nothing more, except what already waits to be taken. */
  close(): void {
    this.#isSilent = true;
    for (const timer of this.#timers) clearInterval(timer);
  }

  #extend(): void {
    const ms = this.#state ? remainingMs(this.#state, performance.now()) : EXTENSION_MS;
    if (ms > 0) this.#repeat(extension(Math.min(ms, EXTENSION_MS)));
  }

  #send(message: string): void {
    if (this.#isSilent || this.#waits || this.#unsent.length >= MOST_KEPT) return;
    this.#unsent.push(message);
    this.#flush();
  }

  /** Sends a message that will be repeated soon anyway: it does not wait in the queue. */
  #repeat(message: string): void {
    if (this.#unsent.length === 0) this.#send(message);
  }

  #flush(): void {
    if (typeof this.#socket === "string") return;
    for (let next = this.#unsent[0]; next !== undefined; next = this.#unsent[0]) {
      const sent = this.#socket.send(next);
      if (sent.kind === "busy") {
        clearTimeout(this.#retry);
        this.#retry = setTimeout(() => this.#flush(), RETRY_MS);
        return;
      }
      this.#unsent.shift();
      if (sent.kind === "failed") this.#fail(sent.reason);
    }
  }

  /** The server does not suffer from it: one warning. Later messages may get through again. */
  #fail(reason: string): void {
    if (this.#problem !== undefined) return;
    this.#problem = `Cannot notify the service manager at ${this.#address}: ${reason}`;
    this.#tellProblem();
  }

  #tellProblem(): void {
    if (this.#problem !== undefined) this.#log?.("warn", "not-notified", this.#problem);
  }
}

function extension(ms: number): string {
  return `EXTEND_TIMEOUT_USEC=${Math.round(ms * 1000)}`;
}

/** How often the watchdog wants to hear from process `pid`; `undefined`: never. */
export function watchdogMs(
  { WATCHDOG_USEC, WATCHDOG_PID }: Environment,
  pid: number,
): number | undefined {
  if (WATCHDOG_PID !== undefined && WATCHDOG_PID !== String(pid)) return undefined;
  const usec = Number(WATCHDOG_USEC ?? 0);
  if (!Number.isSafeInteger(usec) || usec <= 0) return undefined;
  return Math.min(usec / 1000, LONGEST_WATCHDOG_MS);
}
