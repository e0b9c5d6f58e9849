// What one simulated client holds: its randomness, the address, the counters, and the few steps
// that all modes share.
import { Loss } from "../../../src/prove/load/loss.ts";
import { type Recorder } from "./buckets.ts";
import { exchange, type Reply, type Request } from "../../../src/prove/load/http.ts";
import { pause } from "../../../src/prove/load/pause.ts";
import type { Random } from "../../../src/prove/load/random.ts";
import { RawSocket } from "../../../src/prove/load/raw-socket.ts";
import { wasHeldUpSince } from "./held-up.ts";

/** What a mode does from the start of a connection to its end. Repeated until the load stops. */
export type Session = (client: Client) => Promise<void>;

export interface Target {
  host: string;
  port: number;
  /** A Unix socket in their place. */
  path: string | undefined;
  /** The server's keep_alive_timeout, which the idle mode goes up to. */
  keepAliveMs: number;
  /** The longest wait between two requests, where the mode has none of its own. */
  gapMs: number;
}

export class Client {
  constructor(
    readonly mode: string,
    readonly target: Target,
    readonly random: Random,
    readonly recorder: Recorder,
    readonly stopping: AbortSignal,
  ) {}

  async connect(): Promise<RawSocket> {
    const began = performance.now();
    const { host, port, path } = this.target;
    const socket = await RawSocket.open(path === undefined ? { host, port } : { path });
    this.recorder.connected(performance.now() - began);
    return socket;
  }

  /** GET / and check that the reply is whole and right. */
  async get(socket: RawSocket, headers: Record<string, string> = {}): Promise<Reply> {
    const reply = await exchange(socket, { path: "/", headers });
    this.checkHello(reply);
    return reply;
  }

  checkHello(reply: Reply): void {
    this.check(reply, reply.text === `hello from ${reply.headers.get("x-version")}`);
  }

  /** Any request whose right reply the caller can recognise. */
  async request(
    socket: RawSocket,
    request: Request,
    isRight: (reply: Reply) => boolean,
    timeoutMs?: number,
  ): Promise<Reply> {
    const reply = await exchange(socket, request, timeoutMs);
    this.check(reply, isRight(reply));
    return reply;
  }

  /** Counts a reply as ok, or throws it as wrong. */
  check(reply: Reply, right: boolean): void {
    if (reply.status !== 200 || !right) {
      throw new Loss("wrong", `status ${reply.status}, body "${reply.text.slice(0, 120)}"`);
    }
    const version = reply.headers.get("x-version");
    if (version !== undefined) this.recorder.sawVersion(version);
    this.recorder.ok(this.mode);
  }

  /** What is between two requests of a client that has nothing else to wait for. */
  gap(): Promise<unknown> {
    const { gapMs } = this.target;
    return gapMs === 0 ? Bun.sleep(0) : this.pause(this.random.between(0, gapMs));
  }

  /** Waits; false when the load should stop, so that nobody waits for sleeping clients. */
  pause(ms: number): Promise<boolean> {
    return pause(ms, this.stopping);
  }

  /**
   * Checks a connection on which nothing is outstanding. False if the server has closed it in the
   * ordinary way, which is not a loss; a reset is one. False also where that may just be so, as
   * this process was held up since it asked last.
   */
  stillOpen(socket: RawSocket, askedMs: number): boolean {
    if (socket.ended === undefined) return !wasHeldUpSince(askedMs);
    if (socket.ended.kind === "reset") throw new Loss("reset", "an idle connection was reset");
    this.recorder.result.closedIdle += 1;
    return false;
  }
}
