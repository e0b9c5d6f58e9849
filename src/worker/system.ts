// What a worker needs of the system that it runs on, as Linux has it. Where processes cannot share
// an address there is another, solo/system.ts, which uses nothing of Linux. Which one it is, is
// chosen once, in main.ts.
import { writeFileSync } from "node:fs";
import { LISTENER_CHANNEL, PAGE } from "../ipc/inherited.ts";
import type { LoadMessage } from "../ipc/messages.ts";
import type { Address } from "../net/address.ts";
import { sendDescriptor } from "../os/descriptors.ts";
import { type OpenPort, openPorts } from "../net/listeners.ts";
import { endWithParent, parentPid } from "../os/parent-death.ts";
import { mapPage } from "../os/shared-page.ts";
import { releaseWhenServed, untilEmpty, untilIdle } from "./drain/drain.ts";
import { force, servedByBun } from "./drain/force.ts";
import { keepAlive } from "./drain/keep-alive.ts";
import type { Meter } from "./requests/meter.ts";
import { endAsOrphan } from "./drain/orphan.ts";
import { type Forced, stillGoingOn } from "./drain/unfinished.ts";
import type { HandlerOptions } from "./serve/app-handlers.ts";
import type { Servers } from "./serve/servers.ts";
import { SharedServers } from "./serve/shared-servers.ts";

export interface System<S extends Servers> {
  /** Sets the short name of this process, where there is one. */
  nameProcess(): void;
  parentPid(): number;
  /**
   * Has this process end when its master has died, `seconds` later at the latest. False: it has
   * already.
   *
   * @param orphan to be called where no signal tells of the death
   */
  endWithParent(master: number, seconds: number, orphan: () => void): boolean;
  /**
   * The page to count in. Throws where there is none.
   *
   * @param file that it is in, where it has a name
   */
  mapPage(file: string | undefined): Float64Array;
  /** The ports that the process listens on, as far as that can be told. */
  openPorts(): OpenPort[];
  createServers(options: HandlerOptions, settings: LoadMessage): S;
  /**
   * Listens on all addresses, and has the master have what it needs. Returns them with their real
   * ports. Throws.
   */
  listen(servers: S, addresses: readonly Address[]): Address[];
  /** Sweeps for as long as the process lives, see keep-alive.ts. */
  keepAlive(servers: S, meter: Meter, limitMs: number): void;
  /** Lets go of the listener on `address` when the time has come. */
  release(servers: S, address: string): Promise<void>;
  /** Resolves when a drain has ended, see drain.ts. */
  untilIdle(servers: S, hook: Promise<void>, closeIdle: () => boolean): Promise<void>;
  /** Resolves when nothing is left of what has come after that. */
  untilEmpty(servers: S): Promise<void>;
  /** What would be ended by force now. */
  stillGoingOn(servers: S): Forced;
  /** Answers 503 to what is pending, and closes everything. */
  force(servers: S): Promise<void>;
  /** Resolves when a worker without a master may end. @param drain begins the drain */
  endAsOrphan(servers: S, settings: LoadMessage, drain: () => Promise<void>): Promise<void>;
}

export const linux: System<SharedServers> = {
  nameProcess() {
    try {
      // The kernel made it of the descriptor that this was started from.
      writeFileSync("/proc/self/comm", "pounce");
    } catch {
      // A sandbox may forbid it; nothing depends on it.
    }
  },
  parentPid,
  endWithParent,
  mapPage: () => mapPage(PAGE),
  openPorts,
  createServers: (options) => new SharedServers(options),
  listen(servers, addresses) {
    const bound = addresses.map((address) => servers.bind(address));
    for (const { listener } of bound) sendDescriptor(LISTENER_CHANNEL, listener);
    return bound.map(({ address }) => address);
  },
  keepAlive,
  release: releaseWhenServed,
  untilIdle,
  untilEmpty: (servers) => untilEmpty(servers, () => false),
  stillGoingOn: (servers) => stillGoingOn(servers, servedByBun(servers)),
  force,
  endAsOrphan,
};
