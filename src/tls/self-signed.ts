// A certificate that signs itself, for the time until a CA has issued one: X.509, written as DER.
// No client trusts it, and none is asked to.
import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { der } from "./der.ts";

/** Lasts longer than any wait for a CA, so that nobody is told to renew it. */
const VALID_YEARS = 10;
/** ecdsa-with-SHA256 */
const ECDSA_SHA256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
const COMMON_NAME = [0x55, 4, 3];
const SUBJECT_ALT_NAME = [0x55, 29, 17];

const SEQUENCE = 0x30;
const SET = 0x31;
const INTEGER = 2;
const BIT_STRING = 3;
const OCTET_STRING = 4;
const IDENTIFIER = 6;
const UTF8_STRING = 12;
const GENERALIZED_TIME = 24;
const VERSION = 0xa0;
const EXTENSIONS = 0xa3;
const DNS_NAME = 0x82;

/** PEM texts of a new key (ECDSA P-256) and its certificate. @param names at least one */
export function selfSigned(
  names: readonly string[],
  nowMs: number,
): { readonly cert: string; readonly key: string } {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const algorithm = der(SEQUENCE, der(IDENTIFIER, Buffer.from(ECDSA_SHA256)));
  const subject = distinguished("self-signed by pounce");
  const dnsNames = names.map((name) => der(DNS_NAME, Buffer.from(name)));
  const body = der(
    SEQUENCE,
    der(VERSION, der(INTEGER, Buffer.from([2]))),
    der(INTEGER, Buffer.from([1]), randomBytes(15)),
    algorithm,
    subject,
    der(SEQUENCE, time(nowMs, 0), time(nowMs, VALID_YEARS)),
    subject,
    publicKey.export({ type: "spki", format: "der" }),
    der(EXTENSIONS, der(SEQUENCE, extension(SUBJECT_ALT_NAME, der(SEQUENCE, ...dnsNames)))),
  );
  const signature = der(BIT_STRING, Buffer.from([0]), sign("sha256", body, privateKey));
  const base64 = der(SEQUENCE, body, algorithm, signature).toString("base64");
  const lines = base64.match(/.{1,64}/g) ?? [];
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`,
    key: String(privateKey.export({ type: "pkcs8", format: "pem" })),
  };
}

function distinguished(name: string): Buffer {
  const text = der(UTF8_STRING, Buffer.from(name));
  const attribute = der(SEQUENCE, der(IDENTIFIER, Buffer.from(COMMON_NAME)), text);
  return der(SEQUENCE, der(SET, attribute));
}

function time(nowMs: number, years: number): Buffer {
  const date = new Date(nowMs);
  date.setUTCFullYear(date.getUTCFullYear() + years);
  const text = date.toISOString().replaceAll(/[-:T]|\.\d+/g, "");
  return der(GENERALIZED_TIME, Buffer.from(text));
}

function extension(id: readonly number[], value: Buffer): Buffer {
  return der(SEQUENCE, der(IDENTIFIER, Buffer.from(id)), der(OCTET_STRING, value));
}
