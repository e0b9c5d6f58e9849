// TLS as a generation serves it: the files of the configuration, read and checked now.
import { statSync } from "node:fs";
import type { TlsConfig } from "../../config/config.ts";
import type { CertificateInfo } from "../../tls/certificate.ts";
import { codeOf } from "../../os/shortage.ts";
import type { ServedTls } from "../../tls/served.ts";

export interface PlannedTls {
  /** What the workers get. */
  readonly served: ServedTls;
  /** One for each pair of files, in their order; those that were not ordered yet are left out. */
  readonly certificates: readonly CertificateInfo[];
  /** What `signatureOf` said before they were read. */
  readonly signature: string;
}

export type TlsResult =
  | { readonly ok: true; readonly planned: PlannedTls; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly errors: readonly string[] };

/** Reads the files. A server without TLS never loads the code for it. */
export async function planTls(config: TlsConfig): Promise<TlsResult> {
  const { pairs, places, http2, minVersion, acme } = config;
  const { readPairs } = await import("../../tls/read-pairs.ts");
  const { certificatesToServe } = await import("../../tls/served.ts");
  const signature = signatureOf(pairs);
  const read =
    acme === undefined
      ? readPairs(pairs, places, Date.now())
      : (await import("./ordered-pairs.ts")).readOrdered(config, acme, Date.now());
  if (!read.ok) return read;
  const served = { certificates: certificatesToServe(read.pairs), http2, minVersion };
  // Nobody is to renew one that only serves until the first has been ordered.
  const lasting = read.pairs.filter(({ info }) => acme === undefined || !info.isSelfSigned);
  const certificates = lasting.map(({ info }) => info);
  return { ok: true, planned: { served, certificates, signature }, warnings: read.warnings };
}

/**
 * Which files these are now. It changes whenever one of them is written, or replaced by another
 * one, also by moving a link on the way to it, as Kubernetes does with secrets.
 */
export function signatureOf(pairs: TlsConfig["pairs"]): string {
  const paths = pairs.flatMap(({ cert, key }) => [cert, key]);
  return paths.map((path) => oneSignature(path)).join(" ");
}

function oneSignature(path: string): string {
  try {
    const { dev, ino, size, mtimeMs, ctimeMs } = statSync(path);
    return [dev, ino, size, mtimeMs, ctimeMs].join(":");
  } catch (error) {
    return codeOf(error) ?? "unreadable";
  }
}
