// Turns hosts as people write them into the IP addresses to listen on.
import { networkInterfaces } from "node:os";
import { ipFamily } from "./ip.ts";

type ResolvedHosts =
  | { readonly ok: true; readonly hosts: readonly string[] }
  | { readonly ok: false; readonly error: string };

/** Resolves names, each address once. `localhost` is 127.0.0.1 and, where there is IPv6, ::1. */
export async function resolveHosts(hosts: readonly string[]): Promise<ResolvedHosts> {
  const found = new Set<string>();
  for (const host of hosts) {
    try {
      for (const address of await addressesOf(host)) found.add(address);
    } catch {
      return { ok: false, error: `host: ${host} cannot be resolved to an address` };
    }
  }
  return { ok: true, hosts: [...found] };
}

async function addressesOf(host: string): Promise<string[]> {
  if (ipFamily(host) !== 0) return [host];
  if (host === "localhost") return hasIPv6Loopback() ? ["127.0.0.1", "::1"] : ["127.0.0.1"];
  const { lookup } = await import("node:dns/promises");
  const results = await lookup(host, { all: true });
  return results.map(({ address }) => address);
}

function hasIPv6Loopback(): boolean {
  return Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => address === "::1"),
  );
}
