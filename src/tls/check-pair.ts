// Checks a certificate and its key, as texts: whether they can be served, and what clients will
// think of them.
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import { type CertificateInfo, describeCertificate } from "./certificate.ts";
import { chainWarnings } from "./chain-warnings.ts";
import { day } from "./words.ts";
import {
  hasOwnLines,
  isCertificate,
  isEncrypted,
  isPrivateKey,
  NO_LINES,
  pemBlocks,
  whatItIs,
} from "./pem.ts";

/** What was read, as Latin-1. */
export interface PairTexts {
  readonly cert: string;
  readonly key: string;
}

/** A certificate and its key, which fit. */
export interface Pair {
  /** The certificate, then those that lead to its issuer: PEM, and nothing else. */
  readonly cert: string;
  readonly key: string;
  readonly info: CertificateInfo;
  /** How many certificates follow the first. */
  readonly chain: number;
}

/** Sentences without a subject: the file is named before them. */
export interface Problem {
  readonly file: "cert" | "key";
  readonly words: string;
}

export type PairResult =
  | { readonly ok: true; readonly pair: Pair; readonly warnings: readonly Problem[] }
  | { readonly ok: false; readonly problem: Problem };

/** @param nowMs milliseconds since 1970 */
export function checkPair(texts: PairTexts, nowMs: number): PairResult {
  const certificates = pemBlocks(texts.cert).filter(isCertificate);
  const keys = pemBlocks(texts.key).filter(isPrivateKey);
  const missing = missingProblem(texts, certificates.length, keys.length);
  if (missing !== undefined) return { ok: false, problem: missing };
  const parsed: X509Certificate[] = [];
  for (const [index, block] of certificates.entries()) {
    const one = attempt(() => new X509Certificate(block.text));
    const which = certificates.length > 1 ? `certificate ${index + 1} in it ` : "";
    if (!one.ok) {
      if (!hasOwnLines(block)) return failed("cert", NO_LINES);
      return failed("cert", `${which}cannot be read (${one.why}): get it from the CA again`);
    }
    parsed.push(one.value);
  }
  const key = readKey(keys);
  if (!key.ok) return key;
  const [leaf] = parsed as [X509Certificate];
  const described = attempt(() => describeCertificate(leaf));
  if (!described.ok) {
    return failed(
      "cert",
      "has a key of a kind that no client supports: use ECDSA P-256 or RSA 2048",
    );
  }
  const info = described.value;
  if (!fits(leaf, key.value)) return misfit(parsed, key.value, info);
  const cert = certificates.map(({ text }) => `${text}\n`).join("");
  const served = { cert, key: `${keys[0]?.text}\n` };
  const context = attempt(() => createSecureContext(served));
  if (!context.ok) return failed("cert", `cannot be served with its key (${context.why})`);
  const pair = { ...served, info, chain: parsed.length - 1 };
  return { ok: true, pair, warnings: warningsOf(parsed, info, nowMs) };
}

function missingProblem(
  { cert, key }: PairTexts,
  certificates: number,
  keys: number,
): Problem | undefined {
  if (certificates === 0) {
    const areSwapped = pemBlocks(cert).some(isPrivateKey) && pemBlocks(key).some(isCertificate);
    const remedy = areSwapped ? ": cert and key are swapped" : "";
    return { file: "cert", words: `${whatItIs(cert, "certificate")}${remedy}` };
  }
  if (keys > 0) return undefined;
  const isInCert = pemBlocks(cert).some(isPrivateKey);
  const remedy = isInCert ? "; the file of the certificate has one: name that file here, too" : "";
  return { file: "key", words: `${whatItIs(key, "private key")}${remedy}` };
}

type KeyResult =
  | { readonly ok: true; readonly value: KeyObject }
  | { readonly ok: false; readonly problem: Problem };

function readKey(keys: ReturnType<typeof pemBlocks>): KeyResult {
  const [block] = keys;
  if (block === undefined || isEncrypted(block)) {
    return failed(
      "key",
      "needs a passphrase, which nobody can give at a reload; to take that off: " +
        "openssl pkey -in FILE -out FILE.plain && chmod 600 FILE.plain",
    );
  }
  if (keys.length > 1) return failed("key", `holds ${keys.length} private keys: leave only one`);
  const key = attempt(() => createPrivateKey(block.text));
  if (!key.ok) return failed("key", hasOwnLines(block) ? `cannot be read (${key.why})` : NO_LINES);
  return { ok: true, value: key.value };
}

/** The key is not that of the first certificate: why, most likely. */
function misfit(
  parsed: readonly X509Certificate[],
  key: KeyObject,
  info: CertificateInfo,
): PairResult {
  const place = parsed.findIndex((one) => fits(one, key));
  return place > 0
    ? failed(
        "cert",
        `begins with the certificate of ${info.label}, and the one that fits the key is number ` +
          `${place + 1}: put the server's own first, then those of its issuers`,
      )
    : failed("key", `is not the key of the certificate (${info.label}): it belongs to another one`);
}

function fits(certificate: X509Certificate, key: KeyObject): boolean {
  const result = attempt(() => certificate.checkPrivateKey(key));
  return result.ok && result.value;
}

/** The use that servers need, among those that a certificate may be limited to. */
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
const ANY_USE = "2.5.29.37.0";
const LEAST_RSA_BITS = 2048;

function warningsOf(
  parsed: readonly X509Certificate[],
  info: CertificateInfo,
  nowMs: number,
): Problem[] {
  const warnings: string[] = [];
  const { names, addresses, label, keyType, notBeforeMs, notAfterMs } = info;
  if (notAfterMs <= nowMs) {
    warnings.push(`has expired on ${day(notAfterMs)} (${label}): clients refuse it; renew it`);
  }
  if (notBeforeMs > nowMs) {
    warnings.push(`is valid from ${day(notBeforeMs)} on (${label}): clients refuse it until then`);
  }
  if (names.length + addresses.length === 0) {
    warnings.push(`names no host in subjectAltName (${label}): clients refuse it`);
  }
  const uses = parsed[0]?.keyUsage;
  if (uses !== undefined && !uses.includes(SERVER_AUTH) && !uses.includes(ANY_USE)) {
    warnings.push(`is not for servers (${label}, extendedKeyUsage): clients refuse it`);
  }
  const bits = keyType.startsWith("RSA") ? Number(keyType.slice("RSA ".length)) : LEAST_RSA_BITS;
  if (bits < LEAST_RSA_BITS) {
    warnings.push(`has a key of ${bits} bits (${label}): clients refuse it`);
  }
  if (keyType === "Ed25519") warnings.push(`has an Ed25519 key (${label}), which browsers refuse`);
  warnings.push(...chainWarnings(parsed, info, nowMs));
  return warnings.map((words) => ({ file: "cert", words }));
}

function failed(file: Problem["file"], words: string): { ok: false; problem: Problem } {
  return { ok: false, problem: { file, words } };
}

type Attempt<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string };

function attempt<T>(action: () => T): Attempt<T> {
  try {
    return { ok: true, value: action() };
  } catch (error) {
    const { reason } = error as { readonly reason?: unknown };
    return { ok: false, why: String(reason ?? (error instanceof Error ? error.message : error)) };
  }
}
