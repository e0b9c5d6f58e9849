// What Linux offers a worker: listeners shared with other workers, and the kernel's knowledge of
// connections.
import { writeFileSync } from "node:fs";
import { SERVICE_RESTART } from "../core/farewell.ts";
import { LISTENER_CHANNEL, PAGE } from "../ipc/inherited.ts";
import { takeLink } from "../ipc/links.ts";
import type { Sharers } from "../ipc/messages.ts";
import { type Address, tcpAmong } from "../net/address.ts";
import { openPorts } from "../net/listeners.ts";
import { closeDescriptor, receiveDescriptor, sendDescriptor } from "../os/descriptors.ts";
import { endWithParent, parentPid } from "../os/parent-death.ts";
import { mapPage } from "../os/shared-page.ts";
import { Carry } from "./carry/carry.ts";
import { ConnectionLimit } from "./connections/connection-limit.ts";
import { Overflow } from "./connections/overflow.ts";
import { releaseWhenServed, untilEmpty, untilIdle } from "./drain/drain.ts";
import { answerBeforeExit, force, servedByBun } from "./drain/force.ts";
import { closeIdleAtOnce } from "./drain/sweep.ts";
import { keepAlive } from "./drain/keep-alive.ts";
import { endAsOrphan } from "./drain/orphan.ts";
import { standBy } from "./drain/standby.ts";
import { stillGoingOn } from "./drain/unfinished.ts";
import { SharedServers } from "./serve/shared-servers.ts";
import type { System } from "./system.ts";

/** Listens with the sockets that the master has sent. */
function listenShared(
  servers: SharedServers,
  addresses: readonly Address[],
  whose: Sharers,
): Address[] {
  for (const address of addresses) {
    const socket = receiveDescriptor(LISTENER_CHANNEL);
    if (socket === undefined) throw new Error("the master has sent no listening socket");
    try {
      servers.bindShared(address, { socket, whose });
    } finally {
      closeDescriptor(socket);
    }
  }
  return [...addresses];
}

export const linux: System<SharedServers> = {
  nameProcess() {
    try {
      // The kernel derived it from the descriptor that this process was started from.
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
  listen(servers, addresses, shared) {
    if (shared !== undefined) return listenShared(servers, addresses, shared);
    const bound = tcpAmong(addresses).map((address) => servers.bind(address));
    for (const { listener } of bound) sendDescriptor(LISTENER_CHANNEL, listener);
    return bound.map(({ address }) => address);
  },
  takeLink: (peer) => takeLink(LISTENER_CHANNEL, peer),
  noteDescriptors: ({ connections }, more) => connections.noteOthers(more),
  warmsUpEarly: false,
  accept: (servers, address, accepts) => servers.accept(address, accepts),
  renew: (servers, tls) => servers.renew(tls),
  keepAlive,
  limitConnections: (servers, meter, most, say) => {
    const { healthCheckPath, health, onTrouble } = servers.handlers.options;
    const onRefused = (): void => meter.rejected("connections");
    const limit = new ConnectionLimit({
      most,
      connections: servers.connections,
      accepting: servers.accepting,
      listeners: () => (servers.isSecure ? [] : servers.openListeners),
      overflow: new Overflow({ healthCheckPath, health, onRefused }),
      hasEnded: () => servers.isDraining,
      say,
      tell: onTrouble,
    });
    limit.watch();
  },
  carry: (servers, links, { websocket }, log) => {
    const { closeCode = SERVICE_RESTART } = websocket ?? {};
    const { keeper } = servers.handlers.webSockets;
    if (keeper === undefined) return undefined;
    return new Carry({ servers, keeper, links, closeCode, log });
  },
  standBy,
  closeIdleAtOnce: ({ connections }) => closeIdleAtOnce(connections),
  release: releaseWhenServed,
  untilIdle,
  untilEmpty: (servers) => untilEmpty(servers, { closesIdle: () => false }),
  stillGoingOn: (servers) => stillGoingOn(servers, servedByBun(servers)),
  force,
  answerBeforeExit,
  endAsOrphan,
};
