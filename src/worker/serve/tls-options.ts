// The options of Bun.serve for TLS. A name has one entry: of several with the same name, Bun takes
// the last. Bun does not say what `minVersion` is; test/worker/serve/tls-options.test.ts guards it.
import type { ServedTls, TlsVersion } from "../../tls/served.ts";
import type { ServeOptions } from "../http/serve-options.ts";

/** The numbers that versions have in the protocol. */
const VERSIONS: Readonly<Record<TlsVersion, number>> = { "1.2": 0x03_03, "1.3": 0x03_04 };

/** @param tls undefined: HTTP without TLS */
export function tlsOptions(tls: ServedTls | undefined): readonly ServeOptions[] | undefined {
  if (tls === undefined) return undefined;
  const minVersion = VERSIONS[tls.minVersion];
  return tls.certificates.flatMap(({ certs: cert, keys: key, names }, index) => {
    const context = { cert, key, minVersion };
    const named = names.map((serverName) => ({ ...context, serverName }));
    return index === 0 ? [context, ...named] : named;
  });
}
