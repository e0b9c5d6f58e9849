// The options of Bun.serve for TLS. A name has one entry: of several with the same name, Bun takes
// the last. Bun does not say what `minVersion` and `ciphers` are; tls-options.test.ts guards them.
import type { ServedTls, TlsVersion } from "../../tls/served.ts";
import type { ServeOptions } from "../http/serve-options.ts";

/** The numbers that versions have in the protocol. */
const VERSIONS: Readonly<Record<TlsVersion, number>> = { "1.2": 0x03_03, "1.3": 0x03_04 };

/**
 * Of TLS 1.2; those of 1.3 cannot be chosen. Bun would also offer what HTTP/2 prohibits (RFC 9113,
 * 9.2.2): keys that are not forgotten after the connection, and CBC.
 */
const CIPHERS = ["AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305"]
  .flatMap((cipher) => [`ECDHE-ECDSA-${cipher}`, `ECDHE-RSA-${cipher}`])
  .join(":");

/** @param tls undefined: HTTP without TLS */
export function tlsOptions(tls: ServedTls | undefined): readonly ServeOptions[] | undefined {
  if (tls === undefined) return undefined;
  const minVersion = VERSIONS[tls.minVersion];
  return tls.certificates.flatMap(({ certs: cert, keys: key, names }, index) => {
    const context = { cert, key, minVersion, ciphers: CIPHERS };
    const named = names.map((serverName) => ({ ...context, serverName }));
    return index === 0 ? [context, ...named] : named;
  });
}
