// What a CA says when it refuses, or why it cannot be asked: the words for people, with the remedy,
// and when to come again.
import type { Failure } from "./schedule.ts";

/** What counts of an answer of a CA. */
export interface Answer {
  readonly status: number;
  /** The header, if there is one. */
  readonly retryAfter: string | undefined;
  /** The type of its problem (RFC 7807), if it is one. */
  readonly type: string | undefined;
}

const LEAST_REFUSAL = 400;
const LEAST_REDIRECT = 300;
const TOO_MANY = 429;
const UNAVAILABLE = 503;
/** As much of a CA's words as the log, the status and a file take. */
const MOST_WORDS = 500;

/** What to do, by the last part of the type of the problem (RFC 8555, section 6.7). */
const OF_REQUESTS: Readonly<Record<string, string>> = {
  badCSR:
    "the CA wants other certificates than pounce orders: set tls.acme.directory to another CA",
  badNonce: "the CA has refused its own nonces several times: it is tried again",
  caa: "the CAA records of the domain in the DNS must permit this CA",
  connection: "the CA must reach port 80 of this machine from the internet: look at its firewall",
  dns: "look at the records of the domain in the DNS (A, AAAA)",
  externalAccountRequired: "such a CA cannot be used: set tls.acme.directory to another one",
  invalidContact: "set tls.acme.email to another address",
  unsupportedContact: "set tls.acme.email to another address",
  rejectedIdentifier: "the CA issues nothing for this name: take it out of tls.acme.domains",
  unsupportedIdentifier: "the CA issues nothing for such names: take it out of tls.acme.domains",
};

/** The CA has answered, and says what went wrong when it asked here. */
const OF_CHALLENGES: Readonly<Record<string, string>> = {
  ...OF_REQUESTS,
  unauthorized: "another machine answers for the domain: look at its A and AAAA records in the DNS",
};

/** @param last what the CA has answered last; undefined: nothing */
export function failureOf(reason: string, last: Answer | undefined, nowMs: number): Failure {
  if (last === undefined) return { reason };
  const words = worded(reason, last);
  if (last.status < LEAST_REFUSAL) return { reason: words };
  const isLimited = last.status === TOO_MANY || isOfType(last, "rateLimited");
  const counts = isLimited || last.status === UNAVAILABLE;
  const retryAfterMs = counts ? retryAfterMsOf(last.retryAfter, nowMs) : undefined;
  return { reason: words, retryAfterMs, isLimited };
}

/** Whether a CA refuses because of this. @param name the last part of the type */
export function isOfType({ type }: Answer, name: string): boolean {
  return type?.endsWith(`:${name}`) === true;
}

/** One line of bounded length, with a remedy if there is one. */
function worded(reason: string, { status, type }: Answer): string {
  // It has sent a page for people, or nothing.
  if (status >= LEAST_REDIRECT && type === undefined && !reason.startsWith("https://")) {
    return `the CA answers with the status ${status}, and does not say why`;
  }
  const line = reason.replace(/\s+/g, " ").trim();
  const short = line.length > MOST_WORDS ? `${line.slice(0, MOST_WORDS)}…` : line;
  const remedies = status < LEAST_REFUSAL ? OF_CHALLENGES : OF_REQUESTS;
  const remedy = remedies[type?.split(":").at(-1) ?? ""];
  return remedy === undefined ? short : `${short} (${remedy})`;
}

/** What to say of a CA that has answered, but with something else than ACME. */
export function notADirectory(directory: string, status: number): string {
  const what = status === 200 ? "something else" : `the status ${status}`;
  return (
    `${directory} answers with ${what} instead of an ACME directory: set tls.acme.directory to ` +
    "the URL that the CA's documentation names"
  );
}

/** @param code of the error when its server was asked */
export function unreachable(host: string, code: string): string {
  return `${host} ${WHY_UNREACHABLE[code] ?? (isOfTrust(code) ? distrusted(code) : failed(code))}`;
}

const WHY_UNREACHABLE: Readonly<Record<string, string>> = {
  ENOTFOUND:
    "has no address in the DNS: see whether tls.acme.directory is right, and whether this " +
    "machine can look up names",
  EAI_AGAIN: "cannot be looked up: see whether the DNS of this machine works (/etc/resolv.conf)",
  ECONNREFUSED: "accepts no connections: see whether tls.acme.directory has the right port",
  EPROTO: "does not speak TLS: see whether tls.acme.directory has the right port",
  TimeoutError:
    "has not answered for 30 seconds: see whether a firewall stops this machine's connections " +
    "to the internet",
  ERR_TLS_CERT_ALTNAME_INVALID:
    "has a certificate for another name: see whether tls.acme.directory has the right host",
  CERT_HAS_EXPIRED: "has a certificate that has expired: see whether this machine's clock is right",
  CERT_NOT_YET_VALID:
    "has a certificate that is not yet valid: see whether this machine's clock is right",
};

function isOfTrust(code: string): boolean {
  return /SELF_SIGNED|UNABLE_TO|CERT|UNKNOWN_CERT/.test(code);
}

function distrusted(code: string): string {
  return (
    `is not trusted by this machine (${code}): set tls.acme.ca to the file of the certificates ` +
    "by which a private CA is trusted, or install the package ca-certificates"
  );
}

function failed(code: string): string {
  return `cannot be asked (${code})`;
}

/** The header Retry-After: seconds, or a date. */
export function retryAfterMsOf(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d+$/.test(text.trim()) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}
