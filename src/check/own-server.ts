// The running server of a configuration, found by its control socket or its process title.
import { statSync } from "node:fs";
import { look, lookAround, runningAmong } from "../admin/registry.ts";
import { controlSocketPath, registeredPath } from "../admin/socket-path.ts";
import type { Plan } from "../master/plan/plan.ts";
import { isWorkerCommand } from "../ipc/worker-name.ts";
import { masterTitle } from "../master/host/process-title.ts";
import { type Address, formatAddress, isUnix, parseAddress } from "../net/address.ts";
import { type Holder, holdersOf, holdersOfPath } from "../net/probe.ts";
import { occupantOf } from "../net/unix-listener.ts";
import { here } from "../platform.ts";

/** A server that is silent for this long counts as another one. */
const SILENCE_MS = 2000;

export interface OwnServer {
  readonly pid: number;
  /** Whom its workers run as; undefined: none is seen, or the server is another user's. */
  readonly workerUid: number | undefined;
  readonly holds: (address: Address) => boolean;
}

/** Among several servers of one file, the one that has the addresses. */
export async function ownServer(plan: Plan): Promise<OwnServer | undefined> {
  const { config } = plan;
  const paths = [...new Set([registeredPath(config), controlSocketPath(config)])];
  const named = await Promise.all(paths.map((path) => look(path, SILENCE_MS)));
  const all = runningAmong([...named, ...(await lookAround(SILENCE_MS, paths))]);
  // Another configuration may have the same `control_socket`.
  const own = all
    .filter(({ path, card }) =>
      card.config === undefined ? paths.includes(path) : card.config === (config.file ?? null),
    )
    .map(({ card: { pid, addresses } }): OwnServer => {
      const isTold = (address: Address): boolean => addresses.includes(formatAddress(address));
      const workerUid = workerUidOf(pid, addresses.map(parseAddress));
      return { pid, workerUid, holds: (address) => isTold(address) || isHolder(pid, address) };
    });
  const serving = own.find(({ holds }) => plan.addresses.some(holds));
  if (serving !== undefined) return serving;
  // A file names its server; without one, only the address does.
  if (config.file !== undefined && own[0] !== undefined) return own[0];
  const pid = pidByTitle(plan);
  if (pid === undefined) return undefined;
  const workerUid = workerUidOf(pid, plan.addresses);
  return { pid, workerUid, holds: (address) => isHolder(pid, address) };
}

/** The master may be root, and say nothing of whom its workers have become. */
function workerUidOf(pid: number, addresses: readonly Address[]): number | undefined {
  // Another user's server makes of the same configuration something else.
  if (!here.hasProc || userOf(pid) !== process.geteuid?.()) return undefined;
  const holders = addresses.flatMap(holdersAt);
  const worker = holders.find((it) => it.parent === pid && isWorkerCommand(it.command));
  return worker && userOf(worker.pid);
}

function userOf(pid: number): number | undefined {
  return statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid;
}

/** A master's process title names its file. */
function pidByTitle({ config, settings, addresses }: Plan): number | undefined {
  if (config.file === undefined || !here.hasProc) return undefined;
  const title = masterTitle(config.file, settings.appLabel);
  return addresses.flatMap(holdersAt).find(({ command }) => command === title)?.pid;
}

function isHolder(pid: number, address: Address): boolean {
  return here.hasProc && holdersAt(address).some((holder) => holder.pid === pid);
}

function holdersAt(address: Address): Holder[] {
  if (!isUnix(address)) return holdersOf(address.port);
  const occupant = occupantOf(address.path);
  return occupant.is === "server" ? holdersOfPath(occupant.name ?? address.path) : [];
}
