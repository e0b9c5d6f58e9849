// Certificates that are ordered, as a plan has them: what is missing or broken stops nothing.
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AcmeConfig } from "../../../src/config/config.ts";
import { planTls } from "../../../src/master/plan/tls.ts";
import { makeCertificate } from "../../helpers/certificates.ts";

const dir = mkdtempSync(join(tmpdir(), "ordered-"));
afterAll(() => rmSync(dir, { recursive: true }));
const authority = makeCertificate({ names: [], subject: "A CA", isAuthority: true });

async function plan(ca?: string) {
  const domains = ["a.test", "b.test"];
  const files = domains.map((domain) => join(dir, `${domain}.pem`));
  const pairs = files.map((file) => ({ cert: file, key: file }));
  const places = { cert: "tls.acme.domains", key: "tls.acme.domains" };
  const acme = { domains, ca, caPlace: "tls.acme.ca" } as unknown as AcmeConfig;
  return planTls({ pairs, places, http2: true, minVersion: "1.2", acme });
}

function write(domain: string): void {
  const { cert, key } = makeCertificate({ names: [domain], issuer: authority });
  writeFileSync(join(dir, `${domain}.pem`), key + cert, { mode: 0o600 });
}

test("until there are any, one that signs itself serves for all, and stays the same", async () => {
  const [first, second] = [await plan(), await plan()];
  if (!first.ok || !second.ok) throw new Error("a plan was refused");
  expect(first.planned.served.certificates).toHaveLength(1);
  expect(first.planned.certificates).toEqual([]);
  expect(first.planned.served).toEqual(second.planned.served);
  expect(first.warnings).toEqual([
    "tls.acme.domains: there is no certificate yet for a.test, b.test: a self-signed one is " +
      "served until it has been ordered",
  ]);
});

test("those that are there are served, and it stands in for the others", async () => {
  write("a.test");
  writeFileSync(join(dir, "b.test.pem"), "broken", { mode: 0o600 });
  const planned = await plan();
  if (!planned.ok) throw new Error("the plan was refused");
  expect(planned.planned.served.certificates.map(({ names }) => names)).toEqual([[], ["b.test"]]);
  expect(planned.planned.certificates.map(({ label }) => label)).toEqual(["a.test"]);
  expect(planned.warnings[0]).toMatch(/b\.test\.pem is not PEM: .*; a new one will be ordered$/);
  write("b.test");
  const whole = await plan();
  expect(whole).toMatchObject({ ok: true, warnings: [] });
});

test.each(["lost", "broken"])("a file that is %s: what was in it is served on", async (how) => {
  write("a.test");
  write("b.test");
  const before = await plan();
  if (how === "lost") rmSync(join(dir, "b.test.pem"));
  else writeFileSync(join(dir, "b.test.pem"), "broken", { mode: 0o600 });
  const after = await plan();
  if (!before.ok || !after.ok) throw new Error("a plan was refused");
  expect(after.planned.served).toEqual(before.planned.served);
  expect(after.planned.certificates).toEqual(before.planned.certificates);
  expect(after.planned.signature).not.toBe(before.planned.signature);
  expect(after.warnings.at(-1)).toMatch(/that was in .*b\.test\.pem is served on until another/);
});

test("a file of a private CA that cannot be used is an error of the configuration", async () => {
  expect(await plan(join(dir, "none.pem"))).toEqual({
    ok: false,
    errors: [expect.stringMatching(/^tls\.acme\.ca: .*none\.pem cannot be read: ENOENT/)],
  });
  writeFileSync(join(dir, "key.pem"), authority.key);
  expect(await plan(join(dir, "key.pem"))).toMatchObject({
    errors: [expect.stringContaining("holds no certificate, but a private key")],
  });
});
