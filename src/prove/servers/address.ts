// Where a server can be reached, from the addresses that it says it listens on.
import { type Address, isUnix, parseAddress } from "../../net/address.ts";

/** What a server that listens on all addresses can be reached at. */
const ANY: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };

/** The first of `127.0.0.1:8000`, `[::1]:8000`, `unix:/run/app.sock`; undefined: there is none. */
export function addressOf(addresses: readonly string[]): Address | undefined {
  const [first] = addresses;
  if (first === undefined) return undefined;
  const address = parseAddress(first);
  if (isUnix(address)) return address;
  const { host, port } = address;
  return { host: ANY[host] ?? host, port };
}
