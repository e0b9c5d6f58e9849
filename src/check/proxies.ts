// What `pounce check` says about proxies that can never be a peer where the server listens.
import type { Config } from "../config/config.ts";
import { type Finding, warning } from "./finding.ts";

type Listening = Pick<Config, "uds" | "socketActivation" | "trustedProxies">;

/** Of sockets that are passed, nobody knows the kind before a start. */
export function proxyFindings({
  uds,
  socketActivation,
  trustedProxies = [],
}: Listening): Finding[] {
  if (socketActivation || trustedProxies.length === 0) return [];
  const shown = JSON.stringify(trustedProxies);
  if (uds !== undefined && !trustedProxies.includes("unix")) {
    const found = `${shown}, and the server listens on a Unix socket, where nobody has an address`;
    return [warning("trusted_proxies", found, 'to trust the proxy there: ["unix"]')];
  }
  if (uds === undefined && trustedProxies.every((proxy) => proxy === "unix")) {
    const found = `${shown}, and the server listens on a port`;
    const advice = 'name the addresses of the proxy, such as ["127.0.0.1"]';
    return [warning("trusted_proxies", found, advice)];
  }
  return [];
}
