// When a certificate is to be ordered. Pure: what is on disk, what has failed before, and the time
// come in; an order, or the time of the next one, comes out.
//
// A certificate is renewed when a third of its time is left, as CAs ask for: 30 of 90 days, 2 of 6.
// Each has an hour of its own within the day before that, so that not everybody's come at once, nor
// all of one server's. What fails is tried again after 5 minutes, then after twice as long, up to a
// day, or sooner if a certificate would end before: at most four times in an hour, since Let's
// Encrypt refuses a name after five failures.

/** A certificate that is there, for the domain in question. */
export interface HeldCertificate {
  /** In milliseconds since 1970, as are all times here. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** SHA-256, in hexadecimal. */
  readonly fingerprint: string;
}

/** Orders for a domain that have failed since the last one that did not. */
export interface Failures {
  readonly count: number;
  readonly lastMs: number;
  /** When to try again. */
  readonly retryMs: number;
  /** Not before, whoever asks: the CA has said so. 0: it has not. */
  readonly floorMs: number;
  /** Why the last one has failed. */
  readonly reason: string;
}

/** What is known of a domain. */
export interface DomainFacts {
  readonly domain: string;
  /** Undefined: there is none, or it is of no use. */
  readonly held: HeldCertificate | undefined;
  readonly failures: Failures | undefined;
}

/** What is to be done for a domain, and when. */
export interface Due {
  readonly domain: string;
  readonly atMs: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
const FIRST_RETRY_MS = 5 * MINUTE_MS;
/** At most so much of a wait is added to it, at random. */
const JITTER = 0.25;
/** No wait takes more than one in so many parts of what a valid certificate has left. */
const ATTEMPTS_LEFT = 8;
/** How soon after a failure a person who has mended something may try again. */
const HURRIED_MS = 15 * MINUTE_MS;
/** A CA that has refused too many requests is asked no sooner. */
const LIMITED_MS = HOUR_MS;
/** No answer of a CA, and no clock that was wrong, holds up an order for longer. */
const LONGEST_MS = 7 * DAY_MS;

/** When a certificate is to be renewed. */
export function renewalMs({ notBeforeMs, notAfterMs, fingerprint }: HeldCertificate): number {
  const lifetimeMs = notAfterMs - notBeforeMs;
  const spreadMs = Math.min(DAY_MS, lifetimeMs / 10);
  const share = Number.parseInt(fingerprint.slice(0, 8), 16) / 2 ** 32;
  return notAfterMs - lifetimeMs / 3 - share * spreadMs;
}

/**
 * When the next order for a domain is due.
 * @param nowMs bounds the waits, if the clock was wrong
 */
export function dueOf({ domain, held, failures }: DomainFacts, nowMs: number): Due {
  const wantedMs = held === undefined ? 0 : renewalMs(held);
  const allowedMs = Math.min(failures?.retryMs ?? 0, nowMs + LONGEST_MS);
  return { domain, atMs: Math.max(wantedMs, allowedMs) };
}

/**
 * What is to be ordered next: of several that are due, first what clients miss most, then what has
 * failed least. Undefined: there are no domains.
 */
export function nextDue(facts: readonly DomainFacts[], nowMs: number): Due | undefined {
  const ranked = facts.map((it) => ({
    due: dueOf(it, nowMs),
    isMissed: it.held === undefined || it.held.notAfterMs <= nowMs,
    failures: it.failures?.count ?? 0,
  }));
  ranked.sort((one, other) => {
    if (one.due.atMs > nowMs || other.due.atMs > nowMs) return one.due.atMs - other.due.atMs;
    const byNeed = Number(other.isMissed) - Number(one.isMissed);
    return byNeed || one.failures - other.failures || one.due.atMs - other.due.atMs;
  });
  return ranked[0]?.due;
}

/** How an order has failed. */
export interface Failure {
  readonly reason: string;
  /** What the CA wants to be left alone for; undefined: it does not say. */
  readonly retryAfterMs?: number | undefined;
  /** It has refused because there were too many requests. */
  readonly isLimited?: boolean | undefined;
}

/** @param random from 0 to 1, anew for each failure */
export function afterFailure(
  { held, failures: before }: Pick<DomainFacts, "held" | "failures">,
  { reason, retryAfterMs, isLimited }: Failure,
  nowMs: number,
  random: number,
): Failures {
  const count = (before?.count ?? 0) + 1;
  const doubled = FIRST_RETRY_MS * 2 ** Math.min(count - 1, 20);
  const waitMs = Math.min(doubled * (1 + JITTER * random), longestWaitMs(held, nowMs));
  const limitMs = retryAfterMs ?? (isLimited === true ? LIMITED_MS : 0);
  const floorMs = limitMs === 0 ? 0 : nowMs + Math.min(limitMs, LONGEST_MS);
  return { count, lastMs: nowMs, retryMs: Math.max(nowMs + waitMs, floorMs), floorMs, reason };
}

/**
 * While a certificate is valid, several attempts fit into what it has left: a short-lived one would
 * not survive a wait of a day. Later, and before the first one, nothing is won by more of them.
 */
function longestWaitMs(held: HeldCertificate | undefined, nowMs: number): number {
  const leftMs = held === undefined ? 0 : held.notAfterMs - nowMs;
  return leftMs <= 0 ? DAY_MS : Math.max(HOUR_MS, Math.min(leftMs / ATTEMPTS_LEFT, DAY_MS));
}

/** The same when a person has asked for a reload, or has started the server: it is tried sooner. */
export function hurried(failures: Failures): Failures {
  const { lastMs, retryMs, floorMs } = failures;
  return { ...failures, retryMs: Math.min(retryMs, Math.max(lastMs + HURRIED_MS, floorMs)) };
}
