// What one simulated client holds, and the few steps that all modes share.
import { requestBytes } from "./http.ts";
import { howEnded, lossKindOf } from "./line.ts";
import { Loss } from "./loss.ts";
import { pause } from "./pause.ts";
import {
  headersOf,
  mergedHeaders,
  type LoadPlan,
  type ModePlan,
  type PlannedPath,
} from "./plan.ts";
import type { Random } from "./random.ts";
import { RawSocket } from "./raw-socket.ts";
import type { Tally } from "./tally.ts";
import type { Turns } from "./turns.ts";
import { Wait } from "./wait.ts";

/** What a mode does from the start of a connection to its end. Repeated until the load stops. */
export type Session = (client: Client) => Promise<void>;

/** What all clients of a process have in common. */
export interface Surroundings {
  readonly plan: LoadPlan;
  readonly turns: Turns;
  readonly stopping: AbortSignal;
  /** Milliseconds, by the clock of all processes of the load. */
  readonly now: () => number;
}

/** A request that a client can send. */
export interface Prepared {
  readonly method: string;
  readonly path: PlannedPath;
  readonly bytes: Uint8Array;
}

/** What a client waits after a loss, so that a dead server is not asked in a tight loop. */
const AFTER_LOSS_MS = 20;
/**
 * What a client waits that could not connect because all local ports are taken: the kernel keeps
 * each for a minute after its connection, but on the loopback interface.
 */
const WITHOUT_PORT_MS = 200;
/** How often a client that waits for nothing in particular looks whether the load stops. */
const LOOK_MS = 100;

export class Client {
  readonly headers: Readonly<Record<string, string>>;
  readonly #prepared = new Map<string, Prepared>();
  readonly wait: Wait;

  constructor(
    readonly mode: ModePlan,
    readonly around: Surroundings,
    readonly random: Random,
    readonly tally: Tally,
  ) {
    this.headers = headersOf(around.plan);
    this.wait = new Wait(tally, around.now);
  }

  get isStopping(): boolean {
    return this.around.stopping.aborted;
  }

  /** Repeats a session until the load stops. Resolves when what was begun then has ended. */
  async run(session: Session): Promise<void> {
    while (await this.nextTurn()) {
      try {
        await session(this);
      } catch (error) {
        await this.recover(error, this.wait);
      }
    }
    this.rest();
  }

  /**
   * Counts what was thrown, and waits a moment. Throws what is none of the server's doing.
   * @param wait what was waited for
   */
  async recover(error: unknown, wait: Wait): Promise<void> {
    if (error instanceof Loss) {
      this.tally.lost(this.around.now(), error);
      await this.pause(AFTER_LOSS_MS);
    } else if (hasNoPort(error)) {
      wait.rest();
      this.tally.noPort += 1;
      await this.pause(WITHOUT_PORT_MS);
    } else {
      throw error;
    }
  }

  /** Resolves when it may send a request; false: the load stops. */
  nextTurn(): Promise<boolean> {
    return this.around.turns.next(this.around.stopping);
  }

  /** By chance, one of those that the plan has for this mode. */
  anyPath(): PlannedPath {
    const { paths } = this.mode;
    const path = paths[this.random.between(0, paths.length - 1)];
    if (path === undefined) throw new Error(`no path for the mode ${this.mode.mode}`);
    return path;
  }

  /**
   * A request of this mode. It is made once for each path.
   * @param headers of the mode, unless the user has given others
   */
  prepare(method: string, path: PlannedPath, headers = {}, body?: Uint8Array): Prepared {
    const known = this.#prepared.get(path.path);
    if (known !== undefined) return known;
    const request = { method, path: path.path, headers: mergedHeaders(headers, this.headers) };
    const bytes = requestBytes(body === undefined ? request : { ...request, body });
    const prepared = { method, path, bytes };
    this.#prepared.set(path.path, prepared);
    return prepared;
  }

  begin(): number {
    return this.wait.begin();
  }

  rest(): void {
    this.wait.rest();
  }

  heard(): number {
    return this.wait.heard();
  }

  answered(sinceMs: number): void {
    this.wait.answered(sinceMs);
  }

  connect(): Promise<RawSocket> {
    const { endpoint, timeoutMs } = this.around.plan;
    return RawSocket.open(endpoint, timeoutMs);
  }

  /** When an answer to what is sent now is late, by `performance.now()`. */
  deadlineMs(): number {
    return performance.now() + this.around.plan.timeoutMs;
  }

  /** Waits; false when the load should stop. */
  pause(ms: number): Promise<boolean> {
    return pause(ms, this.around.stopping);
  }

  /**
   * Waits until there is something to read, or the connection has ended. False: the time has come,
   * or the load stops.
   */
  async isReadable(socket: RawSocket, untilMs: number): Promise<boolean> {
    while (!this.isStopping && performance.now() < untilMs) {
      if (await socket.isReadable(Math.min(untilMs, performance.now() + LOOK_MS))) return true;
    }
    return false;
  }

  /**
   * Whether a connection on which nothing is outstanding is still open. That a server closes it is
   * no loss; that it resets it is one.
   */
  isStillOpen(socket: RawSocket): boolean {
    if (socket.ended === undefined) return true;
    if (socket.ended.kind !== "closed") {
      throw new Loss(lossKindOf(socket.ended), `${howEnded(socket.ended)} between requests`);
    }
    this.tally.closedIdle += 1;
    return false;
  }
}

function hasNoPort(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EADDRNOTAVAIL";
}
