// Bun's servers of a worker that alone listens on its addresses. One that has let go of an address
// serves what it has, and can listen again: by a new server of Bun beside the stopped one.
import type { Address } from "../../net/address.ts";
import { formatAddress } from "../../net/address.ts";
import { stopServer } from "../app/app-server.ts";
import type { Client, InFlight } from "../requests/in-flight.ts";
import { Pace } from "../drain/pace.ts";
import { Pending } from "./pending.ts";
import { Servers, type ServerOptions } from "../serve/server.ts";

/**
 * What Bun takes in seconds: less would end what is not idle, as its timer ticks every four
 * seconds.
 */
const LEAST_IDLE_SECONDS = 8;
const MOST_IDLE_SECONDS = 255;

type BunServer = Bun.Server<unknown>;

interface Listening {
  readonly server: BunServer;
  readonly address: Address;
}

export class SoloServers extends Servers {
  /** Answers for those that are waited for when their time is up. */
  override readonly pending = new Pending();
  #listening: Listening[] = [];
  /** Stopped ones that may still have requests. */
  #past: BunServer[] = [];
  readonly #idleSeconds: number;
  readonly #inFlight: InFlight;

  /** @param keepAliveMs the limit for idle connections, which is kept within what Bun can do */
  constructor(options: ServerOptions, keepAliveMs: number) {
    super(options);
    this.#inFlight = this.inFlight.add();
    const seconds = Math.ceil(keepAliveMs / 1000);
    this.#idleSeconds = Math.min(Math.max(seconds, LEAST_IDLE_SECONDS), MOST_IDLE_SECONDS);
  }

  /** Throws. There is no descriptor to pass on. */
  override bind(address: Address): { address: Address; listener: number } {
    this.paceMarks(undefined);
    const server = this.serve(address, {
      reusePort: false,
      idleTimeout: this.#idleSeconds,
      inFlight: this.#inFlight,
    });
    const real = { host: address.host, port: server.port ?? address.port };
    this.#listening.push({ server, address: real });
    return { address: real, listener: -1 };
  }

  /**
   * Closes the listener and the connections that are idle. What is in flight is answered, and
   * closed then.
   */
  override release(address: string): void {
    const left = this.#listening.filter((it) => formatAddress(it.address) === address);
    this.#listening = this.#listening.filter((it) => !left.includes(it));
    this.#past = this.#past.filter(isBusy);
    if (left.length > 0) this.markResponses();
    for (const { server } of left) {
      stopServer(server);
      this.#past.push(server);
    }
  }

  /**
   * What is in flight is marked when it is answered. Nothing new comes, so no route is made anew.
   */
  override markResponses(): void {
    this.paceMarks(new Pace(0, 0, performance.now()));
  }

  /** Has a request that is in flight live on, for another keep-alive limit. */
  override keepOpen(request: Request): void {
    const [server] = this.#servers;
    server?.timeout(request, this.#idleSeconds);
  }

  override refuseRequests(): void {
    super.refuseRequests();
    this.inFlight.sweep();
    for (const { request, startedMs } of this.pending.refuseAll()) {
      this.noteUnavailable(request, startedMs);
    }
  }

  override stop(force: boolean): void {
    for (const { address } of this.#listening) this.release(formatAddress(address));
    if (force) for (const server of this.#past) stopServer(server, true);
  }

  get #servers(): BunServer[] {
    return [...this.#listening.map(({ server }) => server), ...this.#past];
  }

  override get pendingRequests(): number {
    return this.#servers.reduce((sum, server) => sum + server.pendingRequests, 0);
  }

  override requestIP(request: Request): Client | null {
    const server = this.#listening[0]?.server ?? this.#past[0];
    return server?.requestIP(request) ?? null;
  }

  /** Those that are known of: with a request, or WebSockets. */
  override get connectionCount(): number {
    return this.pendingRequests + this.webSockets.count;
  }

  override get busyCount(): number {
    return this.connectionCount;
  }

  override get allReleased(): boolean {
    return this.#listening.length === 0;
  }

  override get addresses(): string[] {
    return this.#listening.map(({ address }) => formatAddress(address));
  }
}

function isBusy({ pendingRequests, pendingWebSockets }: BunServer): boolean {
  return pendingRequests > 0 || pendingWebSockets > 0;
}
