// A certificate and its key, as texts: what is refused, what is warned of, what is known of them.
import { describe, expect, test } from "bun:test";
import { generateKeyPairSync } from "node:crypto";
import { checkPair, type PairTexts } from "../../src/tls/check-pair.ts";
import { makeCertificate, pem } from "../helpers/certificates.ts";

const NOW = Date.now();
const ca = makeCertificate({ names: [], subject: "Test CA", isAuthority: true });
const a = makeCertificate({ names: ["a.test", "*.a.test", "10.0.0.1"], issuer: ca });
const b = makeCertificate({ names: ["b.test"] });
const plainKey = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
const encrypted = String(
  plainKey.privateKey.export({
    type: "pkcs8",
    format: "pem",
    cipher: "aes-256-cbc",
    passphrase: "x",
  }),
);
const PKCS12 = Buffer.from([0x30, 0x82, 0x05, 0x00, 2, 1, 3, 0x30, 0x82]).toString("latin1");

test("a certificate and its key are a pair, and what it says is known", () => {
  const result = checkPair({ cert: `Bag Attributes\n${a.cert}${ca.cert}`, key: a.key }, NOW);
  expect(result).toMatchObject({
    ok: true,
    warnings: [],
    pair: {
      cert: a.cert + ca.cert,
      key: a.key,
      chain: 1,
      info: {
        names: ["a.test", "*.a.test"],
        addresses: ["10.0.0.1"],
        label: "a.test",
        issuer: "Test CA",
        isSelfSigned: false,
        keyType: "ECDSA P-256",
      },
    },
  });
});

test("one file may hold certificate and key, with line ends of any kind", () => {
  const both = (b.cert + b.key).replaceAll("\n", "\r\n");
  expect(checkPair({ cert: both, key: both }, NOW).ok).toBe(true);
});

describe("it is refused, with file, reason and remedy:", () => {
  test.each<[string, Partial<PairTexts>, "cert" | "key", RegExp]>([
    ["an empty certificate", { cert: "\n" }, "cert", /^is empty$/],
    ["an empty key", { key: "" }, "key", /^is empty$/],
    ["no PEM", { cert: "hello" }, "cert", /^is not PEM: it has no line "-----BEGIN CERTIFICATE/],
    [
      "DER",
      { cert: a.der.toString("latin1") },
      "cert",
      /^is DER, not PEM.*openssl x509 -inform der/,
    ],
    ["PKCS #12", { cert: PKCS12 }, "cert", /^is PKCS #12.*openssl pkcs12/],
    ["half a file", { cert: a.cert.slice(0, 200) }, "cert", /^is cut short/],
    [
      "a certificate request",
      { cert: pem("CERTIFICATE REQUEST", a.der) },
      "cert",
      /^holds no certificate, but a certificate request \(the CA/,
    ],
    [
      "files swapped",
      { cert: a.key, key: a.cert },
      "cert",
      /a private key: cert and key are swapped$/,
    ],
    ["no key", { key: a.cert }, "key", /^holds no private key, but a certificate$/],
    [
      "a key in the other file",
      { cert: a.cert + a.key, key: a.cert },
      "key",
      /the file of the certificate has one: name that file here, too$/,
    ],
    ["an encrypted key", { key: encrypted }, "key", /^needs a passphrase.*openssl pkey/],
    [
      "an encrypted key of the old form",
      { key: a.key.replace("KEY-----\n", "KEY-----\nProc-Type: 4,ENCRYPTED\n\n") },
      "key",
      /^needs a passphrase/,
    ],
    ["two keys", { key: a.key + b.key }, "key", /^holds 2 private keys/],
    ["a broken key", { key: pem("PRIVATE KEY", a.der.subarray(0, 40)) }, "key", /^cannot be read/],
    ["a broken certificate", { cert: pem("CERTIFICATE", a.der.subarray(9)) }, "cert", /^cannot be/],
    [
      "a broken certificate in the chain",
      { cert: a.cert + pem("CERTIFICATE", a.der.subarray(9)) },
      "cert",
      /^certificate 2 in it cannot be read/,
    ],
    ["a text with \\n", { cert: a.cert.replaceAll("\n", "\\n") }, "cert", /^is not PEM in lines/],
    ["an indented certificate", { cert: a.cert.replaceAll(/^/gm, "  ") }, "cert", /^is not PEM in/],
    ["a key in one line", { key: a.key.replaceAll("\n", "") }, "key", /^is not PEM in lines/],
    ["another key", { key: b.key }, "key", /^is not the key of the certificate \(a\.test\)/],
    [
      "the issuer first",
      { cert: ca.cert + a.cert },
      "cert",
      /^begins with the certificate of Test CA.* number 2: put the server's own first/,
    ],
  ])("%s", (_case, given, file, words) => {
    const result = checkPair({ cert: a.cert, key: a.key, ...given }, NOW);
    expect(result).toEqual({
      ok: false,
      problem: { file, words: expect.stringMatching(words) as string },
    });
  });
});

describe("it is served, with a warning:", () => {
  test.each([
    ["expired", { until: -0.5 }, /^has expired on \d{4}-\d\d-\d\d \(localhost\)/],
    ["not valid yet", { from: 1 }, /^is valid from \d{4}-\d\d-\d\d on/],
    ["no names", { names: [] }, /^names no host in subjectAltName \(nobody\)/],
    ["for clients alone", { uses: ["1.3.6.1.5.5.7.3.2"] }, /^is not for servers/],
    ["a short key", { key: "rsa-1024" }, /^has a key of 1024 bits/],
    ["a key that browsers do not know", { key: "ed25519" }, /^has an Ed25519 key/],
  ] as const)("%s", (_case, wanted, words) => {
    const { cert, key } = makeCertificate(wanted);
    expect(checkPair({ cert, key }, NOW)).toMatchObject({
      ok: true,
      warnings: [{ file: "cert", words: expect.stringMatching(words) as string }],
    });
  });

  test("a chain out of order", () => {
    const result = checkPair({ cert: a.cert + b.cert + ca.cert, key: a.key }, NOW);
    expect(result).toMatchObject({
      ok: true,
      warnings: [{ words: expect.stringContaining("certificate 2 in it has not issued number 1") }],
    });
  });

  test("a chain that is longer than clients take, as a file of all CAs is", () => {
    const many = Math.ceil((101 * 1024) / ca.der.length);
    const result = checkPair({ cert: a.cert + ca.cert.repeat(many), key: a.key }, NOW);
    const words = expect.stringMatching(/^has \d+ certificates of 10\d KiB \(a\.test\): clients/);
    expect(result).toMatchObject({ ok: true, warnings: [{ words }] });
    const fewer = { cert: a.cert + ca.cert.repeat(many / 2), key: a.key };
    expect(checkPair(fewer, NOW)).toMatchObject({ ok: true, warnings: [] });
  });

  test("an issuer that has expired", () => {
    const expired = makeCertificate({ names: [], subject: "Old", until: -0.5, isAuthority: true });
    const { cert, key } = makeCertificate({ issuer: expired });
    expect(checkPair({ cert: cert + expired.cert, key }, NOW)).toMatchObject({
      warnings: [{ words: expect.stringMatching(/^has an expired issuer.*certificate 2 in it/) }],
    });
  });

  test("one of a public CA, without its issuer; one of a CA of one's own has no warning", () => {
    const issuerAt = "http://ca.test/issuer.crt";
    const { cert, key } = makeCertificate({ issuer: ca, issuerAt });
    const words = expect.stringMatching(/^does not hold the certificate of its issuer, Test CA/);
    expect(checkPair({ cert, key }, NOW)).toMatchObject({ ok: true, warnings: [{ words }] });
    expect(checkPair({ cert: cert + ca.cert, key }, NOW)).toMatchObject({ warnings: [] });
    expect(checkPair({ cert: a.cert, key: a.key }, NOW)).toMatchObject({ warnings: [] });
  });

  test.each([
    ["RSA", { key: "rsa" }],
    ["for servers too", { uses: ["1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.1"] }],
  ] as const)("without one: %s", (_case, wanted) => {
    const { cert, key } = makeCertificate(wanted);
    expect(checkPair({ cert, key }, NOW)).toMatchObject({ ok: true, warnings: [] });
  });
});
