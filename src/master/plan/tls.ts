// TLS as a generation serves it: the files of the configuration, read and checked now.
import { statSync } from "node:fs";
import type { TlsConfig } from "../../config/config.ts";
import type { CertificateInfo } from "../../tls/certificate.ts";
import { codeOf } from "../../os/shortage.ts";
import type { ServedTls } from "../../tls/served.ts";

export interface PlannedTls {
  /** What the workers get. */
  readonly served: ServedTls;
  /** One for each pair of files, in their order. */
  readonly certificates: readonly CertificateInfo[];
  /** What `signatureOf` said before they were read. */
  readonly signature: string;
}

export type TlsResult =
  | { readonly ok: true; readonly planned: PlannedTls; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly errors: readonly string[] };

/** Reads the files. A server without TLS never loads the code for it. */
export async function planTls({ pairs, places, http2, minVersion }: TlsConfig): Promise<TlsResult> {
  const { readPairs } = await import("../../tls/read-pairs.ts");
  const { certificatesToServe } = await import("../../tls/served.ts");
  const signature = signatureOf(pairs);
  const read = readPairs(pairs, places, Date.now());
  if (!read.ok) return read;
  const served = { certificates: certificatesToServe(read.pairs), http2, minVersion };
  const certificates = read.pairs.map(({ info }) => info);
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
