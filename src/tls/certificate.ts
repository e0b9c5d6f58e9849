// What a certificate says of itself, for those who serve it.
import type { KeyObject, X509Certificate } from "node:crypto";

export interface CertificateInfo {
  /** The DNS names that it is for, in lower case; one may begin with `*.`. */
  readonly names: readonly string[];
  /** The IP addresses that it is for. No client asks for a certificate by them. */
  readonly addresses: readonly string[];
  /** How it is named in messages: its first name, else what its subject says. */
  readonly label: string;
  /** Who has issued it; its own subject if it is self-signed. */
  readonly issuer: string;
  readonly isSelfSigned: boolean;
  /** `ECDSA P-256`, `RSA 2048`, `Ed25519`. */
  readonly keyType: string;
  /** In milliseconds since 1970, as are both ends. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** SHA-256 of all of it, in hexadecimal: two with the same are the same. */
  readonly fingerprint: string;
}

/** What `certificate` says. */
export function describeCertificate(certificate: X509Certificate): CertificateInfo {
  const { names, addresses } = alternativeNames(certificate.subjectAltName ?? "");
  const subject = commonName(certificate.subject ?? "");
  return {
    names,
    addresses,
    label: names[0] ?? addresses[0] ?? subject,
    issuer: commonName(certificate.issuer ?? ""),
    isSelfSigned: certificate.checkIssued(certificate),
    keyType: keyTypeOf(certificate.publicKey),
    notBeforeMs: Date.parse(certificate.validFrom),
    notAfterMs: Date.parse(certificate.validTo),
    fingerprint: certificate.fingerprint256.replaceAll(":", "").toLowerCase(),
  };
}

/** Whether clients that ask for `host` accept a certificate with this name (RFC 6125). */
export function covers(name: string, host: string): boolean {
  if (name === host) return true;
  const dot = host.indexOf(".");
  return name.startsWith("*.") && dot > 0 && host.slice(dot) === name.slice(1);
}

/** `DNS:a.test, DNS:*.a.test, IP Address:127.0.0.1`, the form that Node has made usual. */
function alternativeNames(text: string): { names: string[]; addresses: string[] } {
  const entries = text.split(", ");
  const of = (prefix: string): string[] =>
    entries.filter((it) => it.startsWith(prefix)).map((it) => it.slice(prefix.length));
  return {
    names: of("DNS:").map((name) => name.toLowerCase()),
    addresses: of("IP Address:"),
  };
}

/** The part of a subject or issuer that people know it by. */
function commonName(text: string): string {
  const parts = text.split("\n");
  const found = ["CN=", "O=", "OU="].map((kind) => parts.find((part) => part.startsWith(kind)));
  return found.find((part) => part !== undefined)?.replace(/^[A-Z]+=/, "") ?? "no name";
}

const CURVES: Readonly<Record<string, string>> = {
  prime256v1: "P-256",
  secp384r1: "P-384",
  secp521r1: "P-521",
};

function keyTypeOf({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): string {
  const curve = details?.namedCurve ?? "";
  switch (type) {
    case "rsa":
    case "rsa-pss":
      return `RSA ${details?.modulusLength ?? ""}`.trim();
    case "ec":
      return `ECDSA ${CURVES[curve] ?? curve}`.trim();
    case "ed25519":
      return "Ed25519";
    default:
      return String(type);
  }
}
