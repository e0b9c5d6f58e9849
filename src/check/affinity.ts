// What `pounce check` says about `affinity`: whether the system allows it, and whether clients have
// addresses of their own where the server listens.
import type { Config } from "../config/config.ts";
import { message } from "../core/messages.ts";
import { fault, fine, type Finding, warning } from "./finding.ts";

type Affine = Pick<Config, "affinity" | "workers" | "trustedProxies" | "host">;

const NAME = "affinity";
const ADVICE =
  "let the proxy choose by client, with one server for each slot, or leave affinity out";

/** @param refusal why the kernel accepts no steering program; undefined: it does */
export function affinityFindings(
  { affinity, workers, trustedProxies = [], host }: Affine,
  refusal: string | undefined,
): Finding[] {
  if (affinity === "none") return [];
  if (refusal !== undefined) return [fault(NAME, message.noAffinity)];
  if (workers === 1) return [fine(NAME, "one worker serves all clients, with or without it")];
  if (trustedProxies.length > 0) {
    const found = "behind a proxy all clients have one address, and come to one worker";
    return [warning(NAME, `${found} (trusted_proxies is set)`, ADVICE)];
  }
  if (host.every(isLoopback)) {
    const found = `only this machine reaches ${host.join(", ")}: its clients have one address`;
    return [warning(NAME, found, "set host, if clients connect without a proxy in between")];
  }
  return [fine(NAME, "a client's address decides its slot")];
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}
