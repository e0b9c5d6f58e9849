// Who may see details of an error. A page of a foreign site can have its own name resolve to this
// machine, and then read what the server answers under that name (DNS rebinding). It cannot do that
// under a name that is never looked up in public, nor under an address.
import { ipFamily } from "../../net/ip.ts";

/** Ends of names that no public server of names knows. */
const LOCAL = /(?:^|\.)(?:localhost|local|test|internal|home\.arpa)\.?$/;

/** Whether a request has come under such a name. @param host its `Host`; null: there is none */
export function isLocalName(host: string | null): boolean {
  if (host === null) return true;
  const url = URL.parse(`http://${host}/`);
  if (url === null) return false;
  const name = url.hostname.replace(/^\[(.*)\]$/, "$1");
  return ipFamily(name) !== 0 || !name.includes(".") || LOCAL.test(name);
}
