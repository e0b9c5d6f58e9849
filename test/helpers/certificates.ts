// Makes certificates for tests, as any that a CA might give: X.509 written as DER, and signed. So a
// test needs no program for it, and none that is kept here can expire.
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { der } from "../../src/tls/der.ts";

const DAY_MS = 86_400_000;

export interface Wanted {
  /** DNS names for subjectAltName, or IPv4 addresses. */
  readonly names?: readonly string[];
  readonly subject?: string;
  /** Days from now. */
  readonly from?: number;
  readonly until?: number;
  readonly key?: "ec" | "rsa" | "rsa-1024" | "ed25519";
  /** Left out: it signs itself. */
  readonly issuer?: Made;
  /** It may issue others. */
  readonly isAuthority?: boolean;
  /** Object identifiers of the uses that it is limited to. */
  readonly uses?: readonly string[];
  /** Where it says that its issuer's certificate can be got. */
  readonly issuerAt?: string;
}

export interface Made {
  readonly cert: string;
  readonly key: string;
  readonly der: Buffer;
  readonly subject: string;
  readonly privateKey: KeyObject;
}

/** A certificate and its key, as PEM. */
export function makeCertificate(wanted: Wanted = {}): Made {
  const { names = ["localhost", "127.0.0.1"], from = -1, until = 90, key = "ec", issuer } = wanted;
  const subject = wanted.subject ?? names[0] ?? "nobody";
  const { publicKey, privateKey } = makeKeys(key);
  const signer = issuer?.privateKey ?? privateKey;
  const algorithm = algorithmOf(signer);
  const extensions = [
    ...(names.length === 0 ? [] : [extension("2.5.29.17", sequence(...names.map(nameOf)))]),
    ...(wanted.uses === undefined
      ? []
      : [extension("2.5.29.37", sequence(...wanted.uses.map(identifier)))]),
    ...(issuer === undefined ? [AUTHORITY] : []),
    ...(wanted.issuerAt === undefined ? [] : [accessTo(wanted.issuerAt)]),
  ];
  const body = sequence(
    der(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    distinguished(issuer?.subject ?? subject),
    sequence(time(from), time(until)),
    distinguished(subject),
    publicKey.export({ type: "spki", format: "der" }),
    ...(extensions.length === 0 ? [] : [der(0xa3, sequence(...extensions))]),
  );
  const hash = signer.asymmetricKeyType === "ed25519" ? null : "sha256";
  const signature = der(3, Buffer.from([0]), sign(hash, body, signer));
  const whole = sequence(body, algorithm, signature);
  return {
    cert: pem("CERTIFICATE", whole),
    key: String(privateKey.export({ type: "pkcs8", format: "pem" })),
    der: whole,
    subject,
    privateKey,
  };
}

/** As the log and the metrics name it. */
export function fingerprintOf({ der: whole }: Made): string {
  return createHash("sha256").update(whole).digest("hex");
}

export function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString("base64").replaceAll(/(.{64})/g, "$1\n");
  return `-----BEGIN ${label}-----\n${lines.trimEnd()}\n-----END ${label}-----\n`;
}

function makeKeys(key: NonNullable<Wanted["key"]>) {
  if (key === "ed25519") return generateKeyPairSync("ed25519");
  if (key === "ec") return generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  return generateKeyPairSync("rsa", { modulusLength: key === "rsa" ? 2048 : 1024 });
}

function algorithmOf({ asymmetricKeyType }: KeyObject): Buffer {
  if (asymmetricKeyType === "ed25519") return sequence(identifier("1.3.101.112"));
  return asymmetricKeyType === "rsa"
    ? sequence(identifier("1.2.840.113549.1.1.11"), der(5))
    : sequence(identifier("1.2.840.10045.4.3.2"));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, ...parts);
}

function integer(bytes: Buffer): Buffer {
  return der(2, bytes);
}

function identifier(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split(".").map(Number);
  const bytes = [first * 40 + second];
  for (const part of rest) {
    const digits = [part & 127];
    for (let left = part >> 7; left > 0; left >>= 7) digits.unshift((left & 127) | 128);
    bytes.push(...digits);
  }
  return der(6, Buffer.from(bytes));
}

function distinguished(commonName: string): Buffer {
  const text = der(12, Buffer.from(commonName));
  return sequence(der(0x31, sequence(identifier("2.5.4.3"), text)));
}

function time(days: number): Buffer {
  const text = new Date(Date.now() + days * DAY_MS).toISOString().replaceAll(/[-:T]|\.\d+/g, "");
  return der(24, Buffer.from(text));
}

function extension(id: string, value: Buffer): Buffer {
  return sequence(identifier(id), der(4, value));
}

function accessTo(url: string): Buffer {
  const place = sequence(identifier("1.3.6.1.5.5.7.48.2"), der(0x86, Buffer.from(url)));
  return extension("1.3.6.1.5.5.7.1.1", sequence(place));
}

const AUTHORITY = extension("2.5.29.19", sequence(der(1, Buffer.from([255]))));

function nameOf(name: string): Buffer {
  return /^[\d.]+$/.test(name)
    ? der(0x87, Buffer.from(name.split(".").map(Number)))
    : der(0x82, Buffer.from(name));
}
