// What one simulated client holds, and the few steps that all modes share.
import { type AnswerHead, AnswerReader } from "./answer-reader.ts";
import { readAnswer, requestBytes } from "./http.ts";
import { Loss } from "./loss.ts";
import { pause } from "./pause.ts";
import { headersOf, type LoadPlan, type ModePlan, type PlannedPath } from "./plan.ts";
import type { Random } from "./random.ts";
import { RawSocket } from "./raw-socket.ts";
import type { Tally } from "./tally.ts";
import type { Turns } from "./turns.ts";

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

export class Client {
  readonly headers: Readonly<Record<string, string>>;
  #isWaiting = false;

  constructor(
    readonly mode: ModePlan,
    readonly around: Surroundings,
    readonly random: Random,
    readonly tally: Tally,
  ) {
    this.headers = headersOf(around.plan);
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
        if (!(error instanceof Loss)) throw error;
        this.tally.lost(this.around.now(), error);
        await this.pause(AFTER_LOSS_MS);
      }
    }
    this.rest();
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

  prepare(method: string, path: PlannedPath, headers = {}, body?: Uint8Array): Prepared {
    const all = { ...this.headers, ...headers };
    const request = { method, path: path.path, headers: all };
    return {
      method,
      path,
      bytes: requestBytes(body === undefined ? request : { ...request, body }),
    };
  }

  /** The client waits for an answer from now on. Returns the time. */
  begin(): number {
    const nowMs = this.around.now();
    if (!this.#isWaiting) this.tally.begin(nowMs);
    this.#isWaiting = true;
    return nowMs;
  }

  /** It waits no more, without an answer that counts. */
  rest(): void {
    if (this.#isWaiting) this.tally.rest(this.around.now());
    this.#isWaiting = false;
  }

  /** The answer has come. */
  answered(sinceMs: number): void {
    const nowMs = this.around.now();
    this.#isWaiting = false;
    this.tally.answered(nowMs, nowMs - sinceMs);
  }

  connect(): Promise<RawSocket> {
    const { host, port, timeoutMs } = this.around.plan;
    return RawSocket.connect(host, port, timeoutMs);
  }

  /**
   * Sends a request on a connection, and counts its answer.
   * @param how since when its time counts, if not from now; whether the connection was used before
   */
  async ask(
    socket: RawSocket,
    request: Prepared,
    how: { readonly sinceMs?: number; readonly isReused?: boolean } = {},
  ): Promise<AnswerHead> {
    if (socket.hasUnread) throw new Loss("wrong", "bytes that answer nothing");
    const { sinceMs = this.begin(), isReused = false } = how;
    socket.send(request.bytes);
    const reader = new AnswerReader(request.method);
    try {
      await readAnswer(socket, reader, this.deadlineMs());
    } catch (error) {
      throw isReused ? named(error, socket) : error;
    }
    return this.judge(reader, request, sinceMs);
  }

  /** When an answer to what is sent now is late, by `performance.now()`. */
  deadlineMs(): number {
    return performance.now() + this.around.plan.timeoutMs;
  }

  /** Counts a whole answer, unless its status is another one than before the load. */
  judge({ head }: AnswerReader, request: Prepared, sinceMs: number): AnswerHead {
    if (head === undefined) throw new Error("an answer without a head");
    this.requireStatus(head, request.method, request.path);
    this.answered(sinceMs);
    return head;
  }

  requireStatus({ status }: AnswerHead, method: string, { path, statuses }: PlannedPath): void {
    if (statuses.includes(status)) return;
    throw new Loss("wrong", `${status} for ${method} ${path}, which was ${statuses.join(", ")}`);
  }

  /** Waits; false when the load should stop. */
  pause(ms: number): Promise<boolean> {
    return pause(ms, this.around.stopping);
  }

  /**
   * Whether a connection on which nothing is outstanding is still open. That a server closes it is
   * no loss; that it resets it is one.
   */
  isStillOpen(socket: RawSocket): boolean {
    if (socket.ended === undefined) return true;
    if (socket.ended.kind === "reset") throw new Loss("reset", "reset between requests");
    this.tally.closedIdle += 1;
    return false;
  }
}

/**
 * A kept connection that ends without a byte of the answer: the server closed it while the request
 * was on its way.
 */
function named(error: unknown, socket: RawSocket): unknown {
  if (!(error instanceof Loss) || socket.ended === undefined) return error;
  if (socket.receivedSinceSend > 0) return error;
  return new Loss(error.kind, `${socket.ended.kind} as the request was sent`);
}
