// An address that somebody else holds: who it is, and whether it is worth waiting for them.
import { type Address, formatAddress } from "../net/address.ts";
import { type Holder, holdersOf, probeAddress } from "../net/probe.ts";

const POLL_MS = 50;
/** How long an address may be in use by nobody that is seen: a holder closes it just then, perhaps. */
const UNSEEN_MS = 500;
const WORKER = /(^|\/)pounce worker \d+ generation \d+ slot \d+$/;

/**
 * Why one of `addresses` cannot be listened on, as one line; `undefined` when all can. With `wait`,
 * workers whose master has died are waited for, as they finish what they have and end: up to
 * `shutdownTimeoutMs`.
 */
export async function addressProblem(
  addresses: readonly Address[],
  wait: { readonly shutdownTimeoutMs: number } | undefined,
): Promise<string | undefined> {
  const startedMs = performance.now();
  for (const address of addresses) {
    if (address.port === 0) continue;
    for (;;) {
      const error = probeAddress(address);
      if (error === undefined) break;
      const holders = error === "EADDRINUSE" ? holdersOf(address.port) : [];
      const patienceMs = patience(error, holders, wait?.shutdownTimeoutMs ?? 0);
      if (performance.now() - startedMs >= patienceMs) return describe(address, error, holders);
      await Bun.sleep(POLL_MS);
    }
  }
  return undefined;
}

/** How long an address with these holders is worth waiting for, in milliseconds. */
function patience(error: string, holders: readonly Holder[], shutdownTimeoutMs: number): number {
  if (error !== "EADDRINUSE") return 0;
  if (areOrphans(holders)) return shutdownTimeoutMs;
  return holders.length === 0 ? UNSEEN_MS : 0;
}

/** A master holds its workers' listeners too: where only workers hold them, it is gone. */
function areOrphans(holders: readonly Holder[]): boolean {
  return holders.length > 0 && holders.every(({ command }) => WORKER.test(command));
}

function describe(address: Address, error: string, holders: readonly Holder[]): string {
  const name = formatAddress(address);
  switch (error) {
    case "EADDRINUSE": {
      const parents = new Set(holders.map(({ parent }) => parent));
      const holder = holders.find(({ pid }) => parents.has(pid)) ?? holders[0];
      const who = holder ? `process ${holder.pid} (${holder.command})` : "another user's process";
      return `Cannot listen on ${name}: the address is in use by ${who}`;
    }
    case "EACCES":
      return `Cannot listen on ${name}: not permitted; ports below 1024 need CAP_NET_BIND_SERVICE`;
    case "EADDRNOTAVAIL":
      return `Cannot listen on ${name}: ${address.host} is not an address of this machine`;
    default:
      return `Cannot listen on ${name}: ${error}`;
  }
}
