// What Linux offers a worker: listeners shared with other workers, and the kernel's knowledge of
// connections.
import { writeFileSync } from "node:fs";
import { LISTENER_CHANNEL, PAGE } from "../ipc/inherited.ts";
import { openPorts } from "../net/listeners.ts";
import { sendDescriptor } from "../os/descriptors.ts";
import { endWithParent, parentPid } from "../os/parent-death.ts";
import { mapPage } from "../os/shared-page.ts";
import { releaseWhenServed, untilEmpty, untilIdle } from "./drain/drain.ts";
import { answerBeforeExit, force, servedByBun } from "./drain/force.ts";
import { closeIdleAtOnce } from "./drain/sweep.ts";
import { keepAlive } from "./drain/keep-alive.ts";
import { endAsOrphan } from "./drain/orphan.ts";
import { stillGoingOn } from "./drain/unfinished.ts";
import { SharedServers } from "./serve/shared-servers.ts";
import type { System } from "./system.ts";

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
  listen(servers, addresses) {
    const bound = addresses.map((address) => servers.bind(address));
    for (const { listener } of bound) sendDescriptor(LISTENER_CHANNEL, listener);
    return bound.map(({ address }) => address);
  },
  keepAlive,
  closeIdleAtOnce: ({ connections }) => closeIdleAtOnce(connections),
  release: releaseWhenServed,
  untilIdle,
  untilEmpty: (servers) => untilEmpty(servers, () => false),
  stillGoingOn: (servers) => stillGoingOn(servers, servedByBun(servers)),
  force,
  answerBeforeExit,
  endAsOrphan,
};
