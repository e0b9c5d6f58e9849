// The files of certificates and keys: what is said of those that cannot be used.
import { afterAll, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readPairs } from "../../src/tls/read-pairs.ts";
import { makeCertificate } from "../helpers/certificates.ts";

const dir = mkdtempSync(join(tmpdir(), "pounce-tls-"));
afterAll(() => rmSync(dir, { recursive: true }));

const PLACES = { cert: "pounce.toml:2:1 tls.cert", key: "pounce.toml:3:1 tls.key" };
const [one, two] = [makeCertificate({ names: ["a.test"] }), makeCertificate({ names: ["b.test"] })];
for (const [name, text] of Object.entries({
  "one.crt": one.cert,
  "one.key": one.key,
  "two.crt": two.cert,
  "two.key": two.key,
})) {
  writeFileSync(join(dir, name), text, { mode: 0o600 });
}
mkdirSync(join(dir, "folder"));

const read = (...files: [cert: string, key: string][]) =>
  readPairs(
    files.map(([cert, key]) => ({ cert: join(dir, cert), key: join(dir, key) })),
    PLACES,
    Date.now(),
  );

test("a command that mends a file has its path", () => {
  writeFileSync(join(dir, "der.key"), Buffer.from([0x30, 3, 2, 1, 0]));
  const path = join(dir, "der.key");
  const command = `openssl pkey -inform der -in ${path} -out ${path}.pem`;
  expect(read(["one.crt", "der.key"])).toEqual({
    ok: false,
    errors: [expect.stringContaining(command)],
  });
});

test("every pair that can be read is there, in its order", () => {
  const result = read(["one.crt", "one.key"], ["two.crt", "two.key"]);
  expect(result).toMatchObject({
    ok: true,
    warnings: [],
    pairs: [{ info: { names: ["a.test"] } }, { info: { names: ["b.test"] } }],
  });
});

test("each error has place, file and reason, and all are told", () => {
  expect(read(["one.crt", "two.key"], ["gone.crt", "folder"])).toEqual({
    ok: false,
    errors: [
      `${PLACES.key}: ${dir}/two.key is not the key of the certificate (a.test): ` +
        "it belongs to another one",
      `${PLACES.cert}: ${dir}/gone.crt cannot be read: ENOENT: no such file or directory`,
      `${PLACES.key}: ${dir}/folder is not a regular file`,
    ],
  });
});

test("a key that everybody can read is a warning", () => {
  writeFileSync(join(dir, "open.key"), one.key);
  chmodSync(join(dir, "open.key"), 0o644);
  const result = read(["one.crt", "open.key"]);
  expect(result).toMatchObject({
    ok: true,
    warnings: [expect.stringContaining(`${PLACES.key}: ${dir}/open.key can be read by every user`)],
  });
});
