// TLS as a generation serves it: the files of the configuration, read and checked now.
import type { TlsConfig } from "../../config/config.ts";
import type { CertificateInfo } from "../../tls/certificate.ts";
import type { ServedTls } from "../../tls/served.ts";

export interface PlannedTls {
  /** What the workers get. */
  readonly served: ServedTls;
  /** One for each pair of files, in their order. */
  readonly certificates: readonly CertificateInfo[];
}

type TlsResult =
  | { readonly ok: true; readonly planned: PlannedTls; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly errors: readonly string[] };

/** Reads the files. A server without TLS never loads the code for it. */
export async function planTls({ pairs, places, http2, minVersion }: TlsConfig): Promise<TlsResult> {
  const { readPairs } = await import("../../tls/read-pairs.ts");
  const { certificatesToServe } = await import("../../tls/served.ts");
  const read = readPairs(pairs, places, Date.now());
  if (!read.ok) return read;
  const served = { certificates: certificatesToServe(read.pairs), http2, minVersion };
  const certificates = read.pairs.map(({ info }) => info);
  return { ok: true, planned: { served, certificates }, warnings: read.warnings };
}
