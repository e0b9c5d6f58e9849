// A certificate as commands and metrics show it.
import type { CertificateSnapshot } from "../../admin/protocol.ts";
import type { CertificateInfo } from "../../tls/certificate.ts";

export function certificateSnapshot(info: CertificateInfo): CertificateSnapshot {
  const { names, addresses, issuer, keyType, notAfterMs, fingerprint } = info;
  return {
    names: [...names, ...addresses],
    issuer,
    key_type: keyType,
    expires: new Date(notAfterMs).toISOString(),
    fingerprint,
  };
}
