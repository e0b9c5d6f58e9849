// Where a server is reached: over TCP or a Unix socket, in the clear or over TLS.
import { urlOf } from "../../core/address-name.ts";
import { type Address, formatAddress, isUnix } from "../../net/address.ts";

/** How TLS is spoken, and which certificates are taken. */
export interface TlsTrust {
  /**
   * The name that is asked for, and that a certificate must be for; undefined: the host, if it is
   * a name and no address.
   */
  readonly serverName?: string;
  /** Certificates of authorities as PEM; undefined: those that Bun has. */
  readonly ca?: string;
  /**
   * Only these are taken, by their SHA-256 in hexadecimal, whoever has signed them and whatever
   * they are for.
   */
  readonly pinned?: readonly string[];
  /** Any certificate is taken. */
  readonly isUnchecked?: boolean;
}

export type Endpoint = Address & { readonly tls?: TlsTrust };

/** What a server speaks; over TLS that is agreed on in the handshake. */
export type Protocol = "http/1.1" | "h2";

/** `http://127.0.0.1:8000`, `https://localhost:8443`, `unix:/run/app.sock`. */
export function endpointUrl(endpoint: Endpoint): string {
  return urlOf(formatAddress(endpoint), endpoint.tls !== undefined);
}

/** The value of `Host`, or `:authority`: what curl would send. */
export function authorityOf(endpoint: Endpoint): string {
  return isUnix(endpoint) ? "localhost" : formatAddress(endpoint);
}
