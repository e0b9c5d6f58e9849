// A certificate as commands and metrics show it, and what becomes of those that are ordered.
import type { DomainFacts } from "../../acme/schedule.ts";
import type { CertificateSnapshot, OrderedSnapshot } from "../../admin/protocol.ts";
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

/** What is known of a domain, and what will become of it. */
export interface OrderedDomain extends DomainFacts {
  /** An order is under way. */
  readonly isOrdering: boolean;
  /** When what clients get for it ends; undefined: they get a self-signed one. */
  readonly servedUntilMs: number | undefined;
  /** When the next order is due. */
  readonly nextMs: number;
}

/** @param nowMs milliseconds since 1970 */
export function orderedSnapshot(ordered: OrderedDomain, nowMs: number): OrderedSnapshot {
  const { domain, servedUntilMs = 0, failures, isOrdering, nextMs } = ordered;
  const isValid = servedUntilMs > nowMs;
  return {
    domain,
    state: isOrdering ? "ordering" : isValid ? "valid" : "missing",
    next: new Date(Math.max(nextMs, nowMs)).toISOString(),
    failures: failures?.count ?? 0,
    reason: failures?.reason ?? null,
  };
}
