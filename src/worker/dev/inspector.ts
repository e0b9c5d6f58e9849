// Lets a debugger attach to a worker, by the protocol of Chrome's developer tools. It is opened
// before the app is imported: only then do modules come with their source maps.
//
// A debugger expects one port over all reloads. While the old worker has it, the new one listens on
// another, and changes over when the old one has let it go, at the beginning of its drain.
import * as inspector from "node:inspector";
import type { LogEvent } from "../../core/log-events.ts";
import type { Inspect } from "../../net/inspect.ts";

/** How often to look whether the port is free. */
const LOOK_MS = 50;
/** When to say that it still is not: the old worker may be paused at a breakpoint. */
const TELL_MS = 1500;

export class Inspector {
  #timer: Timer | undefined;
  #isOpen = true;

  /** @param tell for the log */
  constructor(
    readonly at: Inspect,
    readonly tell: (event: LogEvent, words: string) => void,
  ) {
    if (this.#open(at.port)) return;
    this.#open(0);
    this.#follow(performance.now() + TELL_MS);
  }

  /** The port that it listens on now. */
  get port(): number | undefined {
    const url = inspector.url();
    return url === undefined ? undefined : Number(new URL(url).port);
  }

  /** Returns when a debugger has attached. Nothing else happens in the process meanwhile. */
  wait(): void {
    inspector.waitForDebugger();
  }

  /** Says where it is. */
  announce(): void {
    const { host } = this.at;
    const shown = host.includes(":") ? `[${host}]` : host;
    const where = this.port === undefined ? "nowhere" : `${shown}:${this.port}`;
    const isOpen = !/^(127\.|::1$)/.test(host);
    this.tell(
      "debugger",
      `A debugger can attach to ${where}: open chrome://inspect, or attach an editor ` +
        "(see pounce help dev)" +
        (isOpen ? ". Whoever reaches that address can run code here" : ""),
    );
  }

  /** Lets the port go: the next worker wants it. */
  close(): void {
    clearInterval(this.#timer);
    if (this.#isOpen) inspector.close();
    this.#isOpen = false;
  }

  /** Whether it listens there. Bun prints where it listens, or that it cannot. */
  #open(port: number): boolean {
    const { stderr } = process;
    const write = Object.getOwnPropertyDescriptor(stderr, "write");
    stderr.write = () => true;
    try {
      inspector.open(port, this.at.host);
      return inspector.url() !== undefined;
    } catch {
      return false;
    } finally {
      if (write === undefined) Reflect.deleteProperty(stderr, "write");
      else Object.defineProperty(stderr, "write", write);
    }
  }

  #follow(tellAtMs: number): void {
    let hasTold = false;
    const look = (): void => {
      if (isFree(this.at)) {
        clearInterval(this.#timer);
        inspector.close();
        if (!this.#open(this.at.port)) this.#open(0);
        if (hasTold) this.announce();
      } else if (!hasTold && performance.now() > tellAtMs) {
        hasTold = true;
        this.tell("debugger", `Port ${this.at.port} for a debugger is still in use`);
        this.announce();
      }
    };
    this.#timer = setInterval(look, LOOK_MS).unref();
  }
}

function isFree({ host, port }: Inspect): boolean {
  try {
    Bun.listen({ hostname: host, port, socket: { data: () => undefined } }).stop(true);
    return true;
  } catch {
    return false;
  }
}
