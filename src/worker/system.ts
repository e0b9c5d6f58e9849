// What a worker needs of the system that it runs on. linux.ts implements it where processes can
// share an address, solo/system.ts where they cannot; main.ts chooses once.
import type { LinkEnd } from "../ipc/links.ts";
import type { LoadMessage, Sharers } from "../ipc/messages.ts";
import type { Address } from "../net/address.ts";
import type { OpenPort } from "../net/listeners.ts";
import type { Draining } from "./drain/draining.ts";
import type { ServedTls } from "../tls/served.ts";
import type { ConnectionLimits } from "./drain/idle.ts";
import type { Forced } from "./drain/unfinished.ts";
import type { Links } from "./links/links.ts";
import type { WorkerLog } from "./worker-log.ts";
import type { Meter } from "./requests/meter.ts";
import type { HandlerOptions } from "./serve/handler-options.ts";
import type { Servers } from "./serve/servers.ts";

/** Hands WebSockets over to other workers. */
export interface Carrier {
  /** Offers all to these workers, and closes those that cannot move. */
  leave(workers: readonly number[], timeoutMs: number): Promise<void>;
  /** While they leave: from now on others take them. */
  redirect(workers: readonly number[]): Promise<void>;
  /** Resolves when nothing is left to be done for those that leave, or have left. */
  settled(): Promise<void>;
  /** The server stops: nothing more moves. @param isLate the time of the drain is up */
  stop(isLate: boolean): void;
}

export interface System<S extends Servers> {
  /** Sets the short name of this process, where there is one. */
  nameProcess(): void;
  parentPid(): number;
  /**
   * Makes this process end at most `seconds` after its master's death. Returns false if the master
   * has already died.
   * @param orphan to be called where no signal reports the death
   */
  endWithParent(master: number, seconds: number, orphan: () => void): boolean;
  /**
   * The page to count in. Throws where there is none.
   * @param file that it is in, where it has a name
   */
  mapPage(file: string | undefined): Float64Array;
  /** The ports that the process listens on, as far as that is known. */
  openPorts(): OpenPort[];
  createServers(options: HandlerOptions, settings: LoadMessage): S;
  /**
   * Listens on all addresses, and gives the master what it needs of them. Returns the addresses
   * with their real ports. Throws.
   * @param shared whose the listening sockets are that the master has sent; `undefined`: none
   */
  listen(servers: S, addresses: readonly Address[], shared: Sharers | undefined): Address[];
  /**
   * Whether the warm-up comes before the listener: another worker has to give up the address first,
   * and would come too late if this one turned out to fail.
   */
  readonly warmsUpEarly: boolean;
  /** This worker's end of the link to another one, which the master has sent. Throws. */
  takeLink(peer: number): LinkEnd;
  /** There are so many descriptors more that are no connections of clients, or fewer. */
  noteDescriptors(servers: S, more: number): void;
  /** Whether to accept from the shared listening socket of an address, from now on. */
  accept(servers: S, address: string, accepts: boolean): void;
  /** From now on new connections get these certificates. Throws where that is impossible. */
  renew(servers: S, tls: ServedTls): void;
  /** Sweeps for the life of the process, see keep-alive.ts. */
  keepAlive(servers: S, meter: Meter, limits: ConnectionLimits): void;
  /**
   * Keeps the number of connections within a limit. @param say tells the master whether it is
   * reached
   */
  limitConnections(servers: S, meter: Meter, most: number, say: (isFull: boolean) => void): void;
  /**
   * Prepares to take WebSockets from other workers, and to hand them over; undefined: that is not
   * asked for, or is impossible.
   */
  carry(servers: S, links: Links, settings: LoadMessage, log: WorkerLog): Carrier | undefined;
  /** See `Servers.standBy`; HTTP/2 clients are sent away as well, where that can be done. */
  standBy(servers: S, isOn: boolean): void;
  /** Closes idle connections where they are known, without waiting for any limit. */
  closeIdleAtOnce(servers: S): Promise<void>;
  /** Releases the listener on `address` when the time has come. */
  release(servers: S, address: string): Promise<void>;
  /** Resolves when a drain has ended, see drain.ts. */
  untilIdle(servers: S, hook: Promise<void>, drain: Draining): Promise<void>;
  /** Resolves when everything that has come after that is served. */
  untilEmpty(servers: S): Promise<void>;
  /** What a forced stop would cut off now. */
  stillGoingOn(servers: S): Forced;
  /** Answers 503 to pending requests, and closes everything. */
  force(servers: S): Promise<void>;
  /** Answers 503 to pending requests if that can be done at once: the app ends the process. */
  answerBeforeExit(servers: S): void;
  /** Resolves when a worker without a master may end. @param drain starts the drain */
  endAsOrphan(servers: S, settings: LoadMessage, drain: () => Promise<void>): Promise<void>;
}
