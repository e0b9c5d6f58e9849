// PEM, the text form of certificates and keys: blocks between BEGIN and END lines. What is outside
// of them, such as the "Bag Attributes" that openssl writes, does not count.

/** One block, with its BEGIN and END lines. */
export interface PemBlock {
  /** What its BEGIN line says: `CERTIFICATE`, `EC PRIVATE KEY`. */
  readonly label: string;
  readonly text: string;
}

const ASN1_SEQUENCE = 0x30;
/** The integer 3. */
const PKCS12_VERSION = Buffer.from([2, 1, 3]);

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[^-]*(?:-(?!----)[^-]*)*-----END \1-----/g;

/** The blocks of a text, in their order. One without its END line is none. */
export function pemBlocks(text: string): PemBlock[] {
  return [...text.matchAll(BLOCK)].map(([block, label = ""]) => ({ label, text: block }));
}

export function isCertificate({ label }: PemBlock): boolean {
  return label === "CERTIFICATE" || label === "X509 CERTIFICATE" || label === "TRUSTED CERTIFICATE";
}

export function isPrivateKey({ label }: PemBlock): boolean {
  return label.endsWith("PRIVATE KEY");
}

/** Whether a private key can only be used with a passphrase. */
export function isEncrypted({ label, text }: PemBlock): boolean {
  return label.startsWith("ENCRYPTED ") || /^Proc-Type:\s*4,\s*ENCRYPTED/m.test(text);
}

/** Whether BEGIN and END are lines of their own, as whoever reads it expects. */
export function hasOwnLines({ text }: PemBlock): boolean {
  return /^-----BEGIN [A-Z0-9 ]+-----[ \t]*\r?\n[^]*\n-----END /.test(text);
}

/** What to say of a block without them, of which a variable or YAML has mostly been the way. */
export const NO_LINES =
  "is not PEM in lines: each BEGIN, each END and what is between them needs lines of its own, " +
  "with no \\n spelled out in them and no spaces before them";

/**
 * What a file is that has no block of the wanted kind, as a sentence with what to do.
 * @param text the file as Latin-1, so that no byte is lost
 * @param wanted "certificate" or "private key"
 */
export function whatItIs(text: string, wanted: "certificate" | "private key"): string {
  if (text.trim() === "") return "is empty";
  const labels = pemBlocks(text).map(({ label }) => label);
  if (labels.length > 0) {
    return `holds no ${wanted}, but ${labels.map((label) => `a ${nameOf(label)}`).join(" and ")}`;
  }
  if (/-----BEGIN [A-Z0-9 ]+-----/.test(text)) return "is cut short: a BEGIN has no END line";
  const bytes = Buffer.from(text, "latin1");
  if (bytes[0] === ASN1_SEQUENCE && bytes.some((byte) => byte < 9 || byte > 126)) {
    // A certificate or key begins with a sequence or a small number; PKCS #12 with its version, 3.
    const isPkcs12 = bytes.subarray(0, 7).includes(PKCS12_VERSION);
    const command = wanted === "certificate" ? "x509" : "pkey";
    return isPkcs12
      ? "is PKCS #12, not PEM; to make PEM of it: openssl pkcs12 -in FILE -nodes -out FILE.pem " +
          "&& chmod 600 FILE.pem"
      : `is DER, not PEM; to make PEM of it: openssl ${command} -inform der -in FILE -out FILE.pem`;
  }
  return `is not PEM: it has no line "-----BEGIN ${wanted.toUpperCase()}-----"`;
}

const NAMES: Readonly<Record<string, string>> = {
  "CERTIFICATE REQUEST": "certificate request (the CA makes a certificate of it)",
  "NEW CERTIFICATE REQUEST": "certificate request (the CA makes a certificate of it)",
  "X509 CRL": "revocation list",
};

function nameOf(label: string): string {
  return NAMES[label] ?? (label.endsWith("PRIVATE KEY") ? "private key" : label.toLowerCase());
}
