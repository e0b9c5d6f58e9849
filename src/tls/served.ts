// What a worker needs to serve TLS: texts, since it never opens the files.
import { covers } from "./certificate.ts";
import type { Pair } from "./check-pair.ts";

/** Versions of TLS that may be the lowest. BoringSSL offers none below 1.2. */
export const TLS_VERSIONS = ["1.2", "1.3"] as const;
export type TlsVersion = (typeof TLS_VERSIONS)[number];

/** Certificates for the same names, and what they are chosen by. */
export interface ServedCertificate {
  /** Each with its chain, as PEM; several if their keys are of different kinds. */
  readonly certs: readonly string[];
  /** One for each of them. */
  readonly keys: readonly string[];
  /** The DNS names that clients ask for it by; one may begin with `*.`. */
  readonly names: readonly string[];
}

export interface ServedTls {
  /** At least one. The first is also for clients that ask for none of the names. */
  readonly certificates: readonly ServedCertificate[];
  readonly minVersion: TlsVersion;
  /** Offer HTTP/2 beside HTTP/1.1 (ALPN). */
  readonly http2: boolean;
}

/** Certificates by the names that they are served for: each name once, by the first that has it. */
export function certificatesToServe(pairs: readonly Pair[]): ServedCertificate[] {
  const taken = new Set<string>();
  const certificates = grouped(pairs).map((group): ServedCertificate => {
    const own = group[0]?.info.names ?? [];
    const names = own.filter((name) => !taken.has(name));
    for (const name of names) taken.add(name);
    return { certs: group.map(({ cert }) => cert), keys: group.map(({ key }) => key), names };
  });
  const [first, ...others] = certificates;
  if (first === undefined) return [];
  return [{ ...first, names: namesOfFirst(first, others) }, ...others];
}

/** Those with equal names and keys of different kinds are served together. */
export function grouped(pairs: readonly Pair[]): Pair[][] {
  const groups: Pair[][] = [];
  for (const pair of pairs) {
    const group = groups.find((it) => it.every((other) => goTogether(other, pair)));
    if (group === undefined) groups.push([pair]);
    else group.push(pair);
  }
  return groups;
}

function goTogether({ info: one }: Pair, { info: other }: Pair): boolean {
  const isOtherKind = one.keyType.split(" ")[0] !== other.keyType.split(" ")[0];
  return (
    isOtherKind &&
    one.names.length > 0 &&
    one.names.toSorted().join() === other.names.toSorted().join()
  );
}

/**
 * It is served for its names anyway, as for all that nobody has, except where another certificate
 * would be: each name costs memory.
 */
function namesOfFirst(
  { names }: ServedCertificate,
  others: readonly ServedCertificate[],
): string[] {
  return names.filter((name) =>
    others.some((other) => other.names.some((pattern) => covers(pattern, name))),
  );
}
