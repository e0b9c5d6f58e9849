// What the log says of certificates: renewed, ordered, about to expire.

export const certificateWords = {
  certificatesRenewed: (certificates: string) =>
    `Certificates renewed, without new workers: ${certificates}`,
  ordering: (domain: string, ca: string, isRenewal: boolean) =>
    `Ordering ${isRenewal ? "the next" : "a"} certificate for ${domain} from ${ca}`,
  ordered: (domain: string, until: string, next: string) =>
    `There is a new certificate for ${domain}, until ${until}; the next one is ordered on ${next}`,
  /** @param isFirst clients have had none yet */
  notOrdered: (domain: string, reason: string, next: string, served: string, isFirst: boolean) =>
    `No ${isFirst ? "" : "new "}certificate for ${domain}: ${reason}. ${served}; ` +
    `the next attempt is at ${next}`,
  oldServesOn: (until: string, isValid: boolean) =>
    isValid
      ? `The present one serves on, until ${until}`
      : `The present one has expired on ${until}, and is served on, although clients refuse it`,
  selfSignedServes: "A self-signed one is served meanwhile, which clients refuse",
  certificateLost: (names: readonly string[]) =>
    `The file of the certificate for ${names.join(", ")} is gone or broken. The certificate ` +
    "serves on over reloads, not over a restart; another one is ordered",
  dueAtOnce:
    "the new one is to be renewed at once, by the clock of this machine: see whether that is right",
  orderEnded: (how: string) => `the process that orders has ended (${how})`,
  certificatesNotRenewed: (reason: string) =>
    `The certificates on disk are not served, the old ones still are: ${reason}`,
  certificateExpires: (name: string, left: string, until: string) =>
    `The certificate of ${name} ${left.startsWith("expired") ? "has" : "expires soon:"} ${left} ` +
    `(${until}): renew it, and pounce will serve the new one by itself`,
  noRenewalNow: "the server is starting, stopping, or being handed over",
  noRenewalHere: "on this system certificates are renewed by a reload: pounce reload",
  noTls: "the server does not serve TLS: set cert and key in [tls], and reload",
  noRenewalBy: (worker: number) => `worker ${worker} has not answered`,
  renewalProblem: (worker: number, problem: string) => `worker ${worker}: ${problem}`,
  /** @param of how many workers there are */
  renewedInPart: (problems: readonly string[], of: number) =>
    `${problems.length} of ${of} workers still serve the old certificates until the next reload ` +
    `(${problems.join("; ")})`,
} as const;
