// How a renewal of certificates went.
import type { CertificateInfo } from "../../tls/certificate.ts";

export type Renewal =
  | {
      readonly ok: true;
      /** Whether there was anything new in the files. */
      readonly hasChanged: boolean;
      readonly certificates: readonly CertificateInfo[];
      /** How many workers serve them. */
      readonly workers: number;
    }
  /** `isBad`: the files are at fault, and nothing has changed. */
  | { readonly ok: false; readonly reason: string; readonly isBad: boolean };
