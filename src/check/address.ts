// Whether the addresses are free, and who holds them. Most often that is the server itself, which is to
// be reloaded: no fault.
import { ask } from "../admin/client.ts";
import { controlSocketPath } from "../admin/socket-path.ts";
import { addressProblem } from "../master/address-in-use.ts";
import type { Plan } from "../master/plan.ts";
import { masterTitle } from "../master/process-title.ts";
import { type Address, formatAddress } from "../net/address.ts";
import { holdersOf } from "../net/probe.ts";
import { here } from "../platform.ts";
import type { Finding } from "./kernel.ts";

/** Looks at all addresses of a plan; one that is not free and not this server's own is a fault. */
export async function addressFinding(plan: Plan): Promise<Finding> {
  const name = "address";
  const names = plan.addresses.map((address) => formatAddress(address)).join(", ");
  const own = await runningServer(plan);
  const foreign = plan.addresses.filter((address) => own?.holds(address) !== true);
  const problem = await addressProblem(foreign, undefined);
  if (problem !== undefined) {
    const advice =
      "a start would fail with exit code 3: end who holds it, or choose another address";
    return { name, ok: false, found: problem, advice };
  }
  if (own === undefined || foreign.length === plan.addresses.length) {
    return { name, ok: true, found: `${names}: free`, advice: undefined };
  }
  const found = `${names}: held by pounce master, pid ${own.pid}, that is this server`;
  const advice = "nothing to do for a reload; a second start would fail with exit code 3";
  return { name, ok: true, found, advice };
}

interface RunningServer {
  readonly pid: number;
  readonly holds: (address: Address) => boolean;
}

/** The server of this configuration that runs already, by its control socket or its name. */
async function runningServer({
  config,
  settings,
  addresses,
}: Plan): Promise<RunningServer | undefined> {
  const reply = await ask(controlSocketPath(config), "GET", "/status");
  if (reply.kind === "answer") {
    const { pid, addresses: held } = reply.body;
    const isHeld = (address: Address): boolean =>
      Array.isArray(held) && held.includes(formatAddress(address));
    return { pid: Number(pid), holds: isHeld };
  }
  if (config.file === undefined || !here.sharesAddresses) return undefined;
  const title = masterTitle(config.file, settings.appLabel);
  const master = addresses
    .flatMap(({ port }) => holdersOf(port))
    .find(({ command }) => command === title);
  if (master === undefined) return undefined;
  const holds = ({ port }: Address): boolean =>
    holdersOf(port).some(({ pid }) => pid === master.pid);
  return { pid: master.pid, holds };
}
