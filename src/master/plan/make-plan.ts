// A plan that can be carried out: its addresses are free, and claimed until workers come, and its
// logs can be written.
import type { Config } from "../../config/config.ts";
import type { LoadInput } from "../../config/load.ts";
import { message } from "../../core/messages.ts";
import { logProblem } from "../../log/output.ts";
import { formatAddress, isUnix, type TcpAddress, tcpAmong } from "../../net/address.ts";
import { claimAddress, releaseClaim } from "../../net/claim.ts";
import { inheritedAddresses, unservedSockets } from "../../net/inherited.ts";
import { probeAddress } from "../../net/probe.ts";
import { steeringProblem } from "../../net/steering.ts";
import { claimPath, releasePath } from "../../net/unix-claim.ts";
import { here } from "../../platform.ts";
import { addressProblem } from "./address-in-use.ts";
import type { Held, Plan, PlanResult } from "./plan.ts";
import { readPlan } from "./read-plan.ts";
import { changeProblem, uidOf } from "./runs-as.ts";

/**
 * How long after `startup_timeout` an address stays claimed for workers, if none comes to listen.
 */
const CLAIM_GRACE_MS = 5000;

/**
 * Makes a plan, and checks that its addresses are free and its logs can be written. At the start,
 * with nothing held, it first waits for workers whose master has died. The only side effect: a
 * missing log file is created.
 */
export async function makePlan(input: LoadInput, held: Held): Promise<PlanResult> {
  const inherited = held.inherited ?? inheritedAddresses();
  const read = await readPlan(input, held.port, typeof inherited === "string" ? [] : inherited);
  if (!read.ok) return read;
  if (read.plan.config.socketActivation && read.plan.addresses.length === 0) {
    return { ok: false, cause: "config", errors: [notPassed(inherited)] };
  }
  const { addresses, metrics, config, runsAs } = read.plan;
  const { sharesPorts, warnings } = portSharing(read.plan, held);
  const fixed = changeProblem(runsAs, held.uid) ?? affinityProblem(config, sharesPorts);
  if (fixed !== undefined) return { ok: false, cause: "config", errors: [fixed] };
  // What was passed listens already.
  const wanted = config.socketActivation ? [] : addresses;
  const fresh = [...wanted, ...metrics.addresses].filter(
    (address) => !held.addresses.includes(formatAddress(address)),
  );
  const claim = (address: TcpAddress): string | undefined =>
    addresses.includes(address) && address.port !== 0
      ? claimAddress(address, uidOf(runsAs))
      : probeAddress(address);
  const wait = held.addresses.length === 0 ? config : undefined;
  const claimUnix = (path: string) => claimPath(path, config.uds?.mode ?? 0, runsAs?.identity.gid);
  const problem = await addressProblem(fresh, wait, claim, claimUnix);
  const release = (): void => {
    for (const address of fresh) {
      if (isUnix(address)) releasePath(address.path);
      else releaseClaim(formatAddress(address));
    }
  };
  if (problem === undefined) setTimeout(release, config.startupTimeoutMs + CLAIM_GRACE_MS).unref();
  else release();
  if (problem !== undefined) return { ok: false, cause: "address", errors: [problem] };
  const unwritable = logProblem(config, runsAs?.identity);
  if (unwritable !== undefined) return { ok: false, cause: "config", errors: [unwritable] };
  const plan = { ...read.plan, sharesPorts, isShared: read.plan.isShared || sharesPorts };
  const isStart = wait !== undefined;
  const unserved = isStart ? unservedSockets(config.socketActivation) : undefined;
  const told = unserved === undefined ? warnings : [...warnings, unserved];
  return { ok: true, plan, warnings: [...read.warnings, ...told] };
}

/** Why clients cannot be kept with their slots; `undefined`: they can, or need not. */
function affinityProblem({ affinity }: Config, sharesPorts: boolean): string | undefined {
  return affinity === "client" && sharesPorts ? message.noAffinity : undefined;
}

/**
 * Whether workers share the sockets of ports. The kernel is asked at the first plan that has a
 * port: what was decided then holds for as long as anybody listens.
 */
function portSharing(
  { addresses, isShared }: Plan,
  held: Held,
): { readonly sharesPorts: boolean; readonly warnings: readonly string[] } {
  const isDecided = held.sharesPorts !== undefined;
  if (isDecided || isShared || !here.passesDescriptors || tcpAmong(addresses).length === 0) {
    return { sharesPorts: held.sharesPorts ?? false, warnings: [] };
  }
  const problem = steeringProblem();
  if (problem === undefined) return { sharesPorts: false, warnings: [] };
  return { sharesPorts: true, warnings: [message.sharesPorts(problem)] };
}

/** @param why no sockets are there */
function notPassed(why: readonly string[] | string): string {
  const reason = typeof why === "string" ? ` (${why})` : "";
  return (
    `socket_activation: no listening sockets were passed${reason}: start it by a .socket unit of ` +
    "systemd (`pounce init systemd --socket` writes one), or set host and port"
  );
}
