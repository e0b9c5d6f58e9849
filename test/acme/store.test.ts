// The files of a CA: who may read them, and what becomes of broken ones.
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Failures } from "../../src/acme/schedule.ts";
import {
  prepareFolders,
  readFailures,
  readHeld,
  setAside,
  writeFailures,
  writeSecret,
} from "../../src/acme/store.ts";
import { selfSigned } from "../../src/tls/self-signed.ts";
import { makeCertificate } from "../helpers/certificates.ts";

const root = mkdtempSync(join(tmpdir(), "acme-"));
const folder = join(root, "acme", "ca.test");
expect(prepareFolders(root, folder)).toBeUndefined();
afterAll(() => rmSync(root, { recursive: true }));

const mode = (path: string): number => statSync(path).mode & 0o777;
const FAILURES: Failures = { count: 2, lastMs: 1, retryMs: 2, floorMs: 0, reason: "refused" };

function heldIn(text: string): { held: unknown; problems: string[] } {
  const path = join(folder, "certificates", "a.test.pem");
  writeFileSync(path, text);
  const problems: string[] = [];
  return { held: readHeld(path, "a.test", (words) => void problems.push(words)), problems };
}

test("only the owner may look at them", () => {
  const path = join(folder, "account.key");
  expect(writeSecret(path, "secret")).toBeUndefined();
  expect(mode(path)).toBe(0o600);
  expect(["", "/certificates", "/failures"].map((name) => mode(folder + name))).toEqual([
    0o700, 0o700, 0o700,
  ]);
  expect(readdirSync(folder).toSorted()).toEqual(["account.key", "certificates", "failures"]);
});

test("a folder that cannot be made is named, with the reason", () => {
  writeFileSync(join(root, "file"), "");
  expect(prepareFolders(join(root, "file"), join(root, "file", "acme", "ca"))).toMatch(
    /file\/acme\/ca: ENOTDIR/,
  );
});

function none(): never {
  throw new Error("no problem expected");
}

test("failures are kept, and forgotten", () => {
  expect(readFailures(folder, "a.test", none)).toBeUndefined();
  expect(writeFailures(folder, "a.test", FAILURES)).toBeUndefined();
  expect(readFailures(folder, "a.test", none)).toEqual(FAILURES);
  expect(writeFailures(folder, "a.test", undefined)).toBeUndefined();
  expect(readFailures(folder, "a.test", none)).toBeUndefined();
});

test.each(["", "{", "null", "[]", '{"count":1}', '{"count":"1"}'])(
  "failures that are broken (%j) do not count, and that is told",
  (text) => {
    writeFileSync(join(folder, "failures", "b.test.json"), text);
    const problems: string[] = [];
    expect(readFailures(folder, "b.test", (words) => void problems.push(words))).toBeUndefined();
    expect(problems).toEqual([expect.stringContaining("is broken")]);
  },
);

test("a certificate counts if it is a CA's, for that domain, with its key", () => {
  const ca = makeCertificate({ names: [], subject: "A CA", isAuthority: true });
  const { cert, key } = makeCertificate({ names: ["a.test"], issuer: ca });
  const other = makeCertificate({ names: ["b.test"], issuer: ca });
  expect(heldIn(key + cert)).toEqual({ held: expect.any(Object), problems: [] });
  expect(heldIn(other.key + other.cert).problems[0]).toContain("none of a CA for a.test");
  expect(heldIn(key + other.cert).problems[0]).toContain("is not the key of the certificate");
  expect(heldIn(cert).problems[0]).toContain("holds no private key");
  expect(heldIn((key + cert).slice(0, -40)).held).toBeUndefined();
  expect(heldIn("").problems[0]).toContain("is empty");
  const own = selfSigned(["a.test"], Date.now());
  expect(heldIn(own.key + own.cert).problems[0]).toContain("none of a CA for a.test");
});

test("a key that cannot be used is set aside, not lost", () => {
  expect(setAside(join(folder, "account.key"), "broken")).toBeUndefined();
  const name = readdirSync(folder).find((it) => it.startsWith("broken-"));
  expect(readFileSync(join(folder, name ?? ""), "utf8")).toBe("broken");
});
