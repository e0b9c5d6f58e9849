// What people are told of a certificate.
import type { CertificateInfo } from "./certificate.ts";
import { timeLeft } from "./expiry.ts";

/** At most so many names are told. */
const MOST_NAMES = 5;

/** `a.test, *.a.test`; of many, the first ones. */
export function namesOf({ names, addresses, label }: CertificateInfo): string {
  const all = [...names, ...addresses];
  if (all.length === 0) return label;
  const rest = all.length - MOST_NAMES;
  return all.slice(0, MOST_NAMES).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

/** `a.test, *.a.test (63 days left, until 2027-01-29)` */
export function inShort(info: CertificateInfo, nowMs: number): string {
  return `${namesOf(info)} (${timeLeft(info, nowMs)}, until ${day(info.notAfterMs)})`;
}

/** The same, with its key and its issuer. */
export function inFull(info: CertificateInfo, nowMs: number): string {
  const issuer = info.isSelfSigned ? "self-signed" : `issued by ${info.issuer}`;
  return `${inShort(info, nowMs)}, ${info.keyType}, ${issuer}`;
}

/** `2026-11-27` */
export function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
