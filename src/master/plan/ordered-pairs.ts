// Certificates that are ordered from a CA, as they are on disk now. One that is missing, or cannot
// be used, never stops a server: until it has been ordered anew, the one that this process has read
// before is served on, also over a reload, or else a self-signed one.
import { existsSync, readFileSync } from "node:fs";
import type { AcmeConfig, TlsConfig } from "../../config/config.ts";
import { refusal } from "../../os/refusal.ts";
import { checkPair, type Pair } from "../../tls/check-pair.ts";
import { pemBlocks, isCertificate, whatItIs } from "../../tls/pem.ts";
import { type ReadPairs, readPairs } from "../../tls/read-pairs.ts";
import { selfSigned } from "../../tls/self-signed.ts";

/** The self-signed one: it stays the same while it is for the same names. */
let standIn: { readonly names: string; readonly pair: Pair } | undefined;
/** By their files, those that were good when they were read last. */
const lastGood = new Map<string, Pair>();

/** @param nowMs milliseconds since 1970 */
export function readOrdered(
  { pairs: files, places }: Pick<TlsConfig, "pairs" | "places">,
  { domains, ca, caPlace }: AcmeConfig,
  nowMs: number,
): ReadPairs {
  const untrusted = ca === undefined ? undefined : caProblem(ca);
  if (untrusted !== undefined) return { ok: false, errors: [`${caPlace}: ${ca} ${untrusted}`] };
  const missing: string[] = [];
  const pairs: Pair[] = [];
  const warnings: string[] = [];
  for (const [index, file] of files.entries()) {
    const read = existsSync(file.cert) ? readPairs([file], places, nowMs) : undefined;
    if (read?.ok === true) {
      for (const pair of read.pairs) lastGood.set(file.cert, pair);
      pairs.push(...read.pairs);
      warnings.push(...read.warnings);
      continue;
    }
    warnings.push(...(read?.errors ?? []).map((error) => `${error}; a new one will be ordered`));
    const before = lastGood.get(file.cert);
    if (before === undefined) {
      missing.push(domains[index] ?? "");
      continue;
    }
    const until = "is served on until another one has been ordered";
    warnings.push(`${places.cert}: the certificate that was in ${file.cert} ${until}`);
    pairs.push(before);
  }
  if (missing.length > 0) {
    pairs.push(standInFor(missing, nowMs));
    const names = missing.join(", ");
    const until = "a self-signed one is served until it has been ordered";
    warnings.push(`${places.cert}: there is no certificate yet for ${names}: ${until}`);
  }
  return { ok: true, pairs, warnings };
}

/** Why nobody can be trusted by this file. */
function caProblem(path: string): string | undefined {
  try {
    const text = readFileSync(path, "latin1");
    return pemBlocks(text).some(isCertificate) ? undefined : whatItIs(text, "certificate");
  } catch (error) {
    return `cannot be read: ${refusal(error)}`;
  }
}

function standInFor(domains: readonly string[], nowMs: number): Pair {
  const names = domains.join();
  if (standIn?.names === names) return standIn.pair;
  const checked = checkPair(selfSigned(domains, nowMs), nowMs);
  if (!checked.ok) throw new Error(`the self-signed certificate ${checked.problem.words}`);
  standIn = { names, pair: checked.pair };
  return checked.pair;
}
