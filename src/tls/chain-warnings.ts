// What clients will think of the certificates that follow a server's own. A browser finds one that
// is missing, or has another that is valid, where curl and phones refuse the server: who tries it
// in a browser notices nothing.
import type { X509Certificate } from "node:crypto";
import type { CertificateInfo } from "./certificate.ts";
import { day } from "./words.ts";

/** What clients with OpenSSL take of a server, unless they set more. */
const LONGEST_CHAIN_BYTES = 100 * 1024;

/** Sentences without a subject: the file is named before them. */
export function chainWarnings(
  parsed: readonly X509Certificate[],
  { label, issuer, isSelfSigned }: CertificateInfo,
  nowMs: number,
): string[] {
  const warnings: string[] = [];
  const bytes = parsed.reduce((sum, { raw }) => sum + raw.length, 0);
  if (bytes > LONGEST_CHAIN_BYTES) {
    warnings.push(
      `has ${parsed.length} certificates of ${Math.ceil(bytes / 1024)} KiB (${label}): clients ` +
        "refuse more than 100 KiB; leave only the server's own and those of its issuers",
    );
  }
  const broken = parsed.findIndex((one, index) => {
    const next = parsed[index + 1];
    return next !== undefined && !one.checkIssued(next);
  });
  if (broken >= 0) {
    warnings.push(
      `has a chain out of order (${label}): certificate ${broken + 2} in it has not issued ` +
        `number ${broken + 1}; some clients refuse that`,
    );
  }
  for (const [index, { validTo }] of parsed.entries()) {
    const untilMs = Date.parse(validTo);
    if (index === 0 || untilMs > nowMs) continue;
    warnings.push(
      `has an expired issuer in its chain (${label}): certificate ${index + 1} in it was valid ` +
        `until ${day(untilMs)}, so clients refuse both; get the chain from the CA again`,
    );
  }
  if (parsed.length === 1 && !isSelfSigned && isOfPublicKind(parsed[0])) {
    warnings.push(
      `does not hold the certificate of its issuer, ${issuer} (${label}): many clients refuse ` +
        "it; name the file with the whole chain (of Let's Encrypt, fullchain.pem)",
    );
  }
  return warnings;
}

/**
 * Public CAs say where to get the issuer's certificate, which is never a root that clients have. A
 * CA of one's own mostly says nothing, and issues with its root.
 */
function isOfPublicKind(certificate: X509Certificate | undefined): boolean {
  return certificate?.infoAccess?.includes("CA Issuers") === true;
}
