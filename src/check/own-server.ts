// The server of a configuration that runs already, by its control socket or its name.
import { askCard } from "../admin/client.ts";
import { controlSocketPath, registeredPath } from "../admin/socket-path.ts";
import type { Plan } from "../master/plan.ts";
import { masterTitle } from "../master/process-title.ts";
import { type Address, formatAddress } from "../net/address.ts";
import { holdersOf } from "../net/probe.ts";
import { here } from "../platform.ts";

export interface OwnServer {
  readonly pid: number;
  readonly holds: (address: Address) => boolean;
}

export async function ownServer(plan: Plan): Promise<OwnServer | undefined> {
  const { config } = plan;
  for (const path of new Set([registeredPath(config), controlSocketPath(config)])) {
    const reply = await askCard(path);
    if (reply.kind !== "server") continue;
    const { pid, config: file, addresses } = reply.card;
    // Another configuration may have the same `control_socket`.
    if (file !== undefined && file !== (config.file ?? null)) continue;
    const isTold = (address: Address): boolean => addresses.includes(formatAddress(address));
    return { pid, holds: (address) => isTold(address) || isHolder(pid, address) };
  }
  const pid = pidByTitle(plan);
  return pid === undefined ? undefined : { pid, holds: (address) => isHolder(pid, address) };
}

/** A master is called by its file. */
function pidByTitle({ config, settings, addresses }: Plan): number | undefined {
  if (config.file === undefined || !here.sharesAddresses) return undefined;
  const title = masterTitle(config.file, settings.appLabel);
  return addresses.flatMap(({ port }) => holdersOf(port)).find(({ command }) => command === title)
    ?.pid;
}

function isHolder(pid: number, { port }: Address): boolean {
  return here.sharesAddresses && holdersOf(port).some((holder) => holder.pid === pid);
}
