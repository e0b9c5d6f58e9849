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
  /**
   * `why`: the files are at fault, and nothing has changed; some workers could not take what is in
   * them; or it was not even tried.
   */
  | {
      readonly ok: false;
      readonly why: "files" | "workers" | "refused";
      readonly reason: string;
    };
