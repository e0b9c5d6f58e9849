// What a worker needs of a system on which processes cannot share an address, done with Bun's own
// interfaces and without system calls of ours. In this way nobody can know how many connections are
// open, or whether they have unread data. So a drain waits for requests and WebSockets, and Bun's
// own timer ends idle connections.
import type { LoadMessage } from "../../ipc/messages.ts";
import { formatAddress, type TcpAddress, tcpAmong } from "../../net/address.ts";
import { mapFile } from "../../os/file-page.ts";
import { AppError } from "../app/app-error.ts";
import { stillGoingOn } from "../drain/unfinished.ts";
import { unheldSleep } from "../drain/unheld.ts";
import { SoloServers } from "./servers.ts";
import { watchParent } from "./watch.ts";
import type { System } from "../system.ts";
import { periodically, Trouble } from "../trouble.ts";

const POLL_MS = 20;
const SWEEP_MS = 1000;
const PARENT_MS = 500;
/** How long Bun's last data may take to leave, for example to WebSockets that were closed. */
const LAST_WRITES_MS = 100;
/** How long the last answers may take at the deadline of a drain. */
const LAST_ANSWERS_MS = 200;

async function untilAnswered(servers: SoloServers, untilMs = Infinity): Promise<void> {
  while (!servers.isDone && performance.now() < untilMs) await Bun.sleep(POLL_MS);
}

/** Another program may have taken the address since it was checked. */
function bind(servers: SoloServers, address: TcpAddress): TcpAddress {
  try {
    return servers.bind(address).address;
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    const why = code === "EADDRINUSE" ? "the address is in use" : String(code ?? error);
    throw new AppError(`Cannot listen on ${formatAddress(address)}: ${why}`);
  }
}

async function force(servers: SoloServers): Promise<void> {
  servers.stop(false);
  servers.refuseRequests();
  await untilAnswered(servers, performance.now() + LAST_ANSWERS_MS);
  servers.stop(true);
}

async function endAsOrphan(
  servers: SoloServers,
  { shutdownTimeoutMs }: LoadMessage,
  drain: () => Promise<void>,
): Promise<void> {
  servers.stop(false);
  const timeIsUp = unheldSleep(shutdownTimeoutMs).then(() => force(servers));
  await Promise.race([drain(), timeIsUp]);
}

export const solo: System<SoloServers> = {
  nameProcess: () => undefined,
  parentPid: () => process.ppid,
  endWithParent(master, seconds, orphan) {
    if (process.ppid !== master) return false;
    watchParent(master, seconds);
    setInterval(() => process.ppid === master || orphan(), PARENT_MS).unref();
    return true;
  },
  mapPage(file) {
    if (file === undefined) throw new Error("there is no page");
    return mapFile(file);
  },
  openPorts: () => [],
  createServers: (options, { keepAliveTimeoutMs }) => new SoloServers(options, keepAliveTimeoutMs),
  listen: (servers, addresses) => {
    try {
      // Unix sockets are refused before: see plan.ts.
      return tcpAmong(addresses).map((address) => bind(servers, address));
    } catch (error) {
      servers.stop(false);
      throw error;
    }
  },
  takeLink() {
    throw new Error("on this system workers have no links to each other");
  },
  noteDescriptors: () => undefined,
  carry: () => undefined,
  warmsUpEarly: true,
  renew() {
    throw new Error("on this system a worker keeps the certificates that it was started with");
  },
  keepAlive(servers, meter) {
    const { inFlight, options } = servers.handlers;
    const sweep = (dueMs: number): number => {
      const lagMs = Math.max(0, performance.now() - dueMs);
      for (const { request } of inFlight.sweep()) servers.keepOpen(request);
      const connections = servers.connectionCount;
      const waitsMs = servers.handlers.inFlight.waitsMs();
      meter.tick({
        inFlight: servers.handlers.servers.pendingRequests,
        connections,
        lagMs,
        waitsMs,
      });
      return SWEEP_MS;
    };
    const trouble = new Trouble(options.onTrouble, "sweep-failed", "the sweep of requests");
    periodically(trouble, SWEEP_MS, sweep);
  },
  // How many there are is not known.
  limitConnections: () => undefined,
  standBy: (servers, isOn) => servers.standBy(isOn),
  closeIdleAtOnce: async () => undefined,
  accept: () => undefined,
  async release(servers, address) {
    servers.release(address);
  },
  async untilIdle(servers, hook) {
    await Promise.all([hook, Bun.sleep(LAST_WRITES_MS)]);
    await untilAnswered(servers);
  },
  async untilEmpty(servers) {
    servers.stop(false);
    await untilAnswered(servers);
  },
  stillGoingOn: (servers) => stillGoingOn(servers, []),
  force,
  // What Bun sends leaves only in a later turn of its event loop.
  answerBeforeExit: () => undefined,
  endAsOrphan,
};
