// The certificates that would be served. What is wrong with one is said by the plan; here is only
// how long it has left.
import type { CertificateInfo } from "../tls/certificate.ts";
import { stageOf } from "../tls/expiry.ts";
import { inFull } from "../tls/words.ts";
import { fine, type Finding, warning } from "./finding.ts";

/** @param nowMs milliseconds since 1970 */
export function certificateFinding(info: CertificateInfo, nowMs: number): Finding {
  const words = inFull(info, nowMs);
  const isOver = info.notAfterMs <= nowMs;
  // The plan warns of one that has expired.
  return stageOf(info, nowMs) === undefined || isOver
    ? fine("certificate", words)
    : warning("certificate", words, "renew it: a running server takes the new one by itself");
}
