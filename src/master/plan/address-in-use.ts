// An address that another process holds: which one, and whether waiting for it makes sense.
import { isWorkerCommand } from "../../ipc/worker-name.ts";
import { type Address, formatAddress, isUnix, type TcpAddress } from "../../net/address.ts";
import { type Holder, holdersOf, isPortOfConnection, probeAddress } from "../../net/probe.ts";
import { probeByListening } from "../../net/probe-by-listening.ts";
import { probePath } from "../../net/unix-listener.ts";
import { here } from "../../platform.ts";
import { pathProblem } from "./path-in-use.ts";

const POLL_MS = 50;
/**
 * How often to retry when an address is in use but no holder is visible: the holder may have closed
 * it between the probe and the look. A count, not a time, because each look may be slow.
 */
const LOOKS = 10;

/** Says why an address cannot be listened on, in a word of the system; `undefined`: it can. */
type Probe = (address: TcpAddress) => string | undefined;

/**
 * Why one of `addresses` cannot be listened on, as one line; `undefined` if all can. With `wait`,
 * it first waits, up to `shutdownTimeoutMs`, for workers whose master has died to finish their
 * requests and end.
 */
export async function addressProblem(
  addresses: readonly Address[],
  wait: { readonly shutdownTimeoutMs: number } | undefined,
  probe: Probe = probeAddress,
  probeUnix: (path: string) => string | undefined = probePath,
): Promise<string | undefined> {
  for (const address of addresses) {
    const problem = isUnix(address)
      ? await pathProblem(address, wait?.shutdownTimeoutMs ?? 0, probeUnix)
      : await waitFor(address, wait, probe);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Waits for `address` while waiting can help. Returns what is wrong if it stays taken. */
async function waitFor(
  address: TcpAddress,
  wait: { readonly shutdownTimeoutMs: number } | undefined,
  probe: Probe,
): Promise<string | undefined> {
  const untilMs = performance.now() + (wait?.shutdownTimeoutMs ?? 0);
  for (let looks = 0; looks < LOOKS; looks++) {
    const error = here.hasLibc ? probe(address) : probeByListening(address);
    if (error === undefined) return undefined;
    const isKnown = error === "EADDRINUSE" && here.hasProc;
    const holders = isKnown ? holdersOf(address.port) : [];
    const isHeld = holders.length > 0 && !(areOrphans(holders) && performance.now() < untilMs);
    if (error !== "EADDRINUSE" || isHeld) return describe(address, error, holders);
    if (holders.length > 0) looks = 0;
    await Bun.sleep(POLL_MS);
  }
  return describe(address, "EADDRINUSE", []);
}

/** A master holds its workers' listeners too: if only workers hold them, it is gone. */
function areOrphans(holders: readonly Holder[]): boolean {
  return holders.length > 0 && holders.every(({ command }) => isWorkerCommand(command));
}

/**
 * Each outgoing connection of this machine has a port of its own, from a range that servers should
 * avoid.
 */
function unseenHolder(port: number): string {
  if (!isPortOfConnection(port)) {
    return "a process that is not listening yet, or one of another user";
  }
  return (
    "an outgoing connection of this machine, until that ends; to avoid it, choose a port " +
    "outside net.ipv4.ip_local_port_range"
  );
}

function describe(address: TcpAddress, error: string, holders: readonly Holder[]): string {
  const name = formatAddress(address);
  switch (error) {
    case "EADDRINUSE": {
      const parents = new Set(holders.map(({ parent }) => parent));
      const holder = holders.find(({ pid }) => parents.has(pid)) ?? holders[0];
      const who = holder ? `process ${holder.pid} (${holder.command})` : unseenHolder(address.port);
      if (!here.hasProc) {
        const ask = `lsof -nP -iTCP:${address.port} -sTCP:LISTEN`;
        return `Cannot listen on ${name}: the address is in use (to see by whom: ${ask})`;
      }
      return `Cannot listen on ${name}: the address is in use by ${who}`;
    }
    case "EACCES":
      return `Cannot listen on ${name}: ${here.portRefusal}`;
    case "EADDRNOTAVAIL":
      return `Cannot listen on ${name}: ${address.host} is not an address of this machine`;
    default:
      return `Cannot listen on ${name}: ${error}`;
  }
}
