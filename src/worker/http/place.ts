// Where a server of Bun really listens. One that gets the listening socket of the master (see
// net/adopt-listener.ts) listens where nobody finds it, in the same family: so Bun treats its
// connections as what they are.
import { type Address, isUnix } from "../../net/address.ts";

/** As `Bun.serve` takes it. */
export type Place =
  | { readonly unix: string }
  | { readonly hostname: string; readonly port: number; readonly reusePort: boolean };

let lastNumber = 0;

/** Where nobody comes. */
export function unseenPlace(address: Address): Place {
  if (!isUnix(address)) return { hostname: "127.0.0.1", port: 0, reusePort: false };
  return { unix: `\0pounce-unseen-${process.pid}-${lastNumber++}` };
}

/** An address that is not shared in this way. */
export function placeOf(address: Address, reusePort: boolean): Place {
  if (isUnix(address)) return { unix: address.path };
  return { hostname: address.host, port: address.port, reusePort };
}

/** Makes a server show where it is reached, as Bun shows it. @param isSecure by TLS */
export function showPlace(server: Bun.Server<unknown>, address: Address, isSecure: boolean): void {
  const shown = isUnix(address)
    ? {
        port: undefined,
        hostname: undefined,
        address: address.path,
        url: URL.parse(`unix://${address.path}`),
      }
    : {
        port: address.port,
        hostname: address.host,
        address: {
          address: address.host,
          family: address.host.includes(":") ? "IPv6" : "IPv4",
          port: address.port,
        },
        url: new URL(
          `${isSecure ? "https" : "http"}://${hostInUrl(address.host)}:${address.port}/`,
        ),
      };
  for (const [name, value] of Object.entries(shown)) {
    Object.defineProperty(server, name, { configurable: true, value });
  }
}

/** As Bun shows it: an address of all interfaces is no address to go to. */
export function hostInUrl(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "localhost";
  return host.includes(":") ? `[${host}]` : host;
}
