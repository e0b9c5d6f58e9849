// The certificate that serves until a CA has issued one.
import { expect, test } from "bun:test";
import { checkPair } from "../../src/tls/check-pair.ts";
import { selfSigned } from "../../src/tls/self-signed.ts";

const NOW_MS = Date.parse("2028-02-29T12:00:00Z");

test.each([1, 3, 50])("is one for %d names that can be served, for ten years", (count) => {
  const names = Array.from({ length: count }, (_, index) => `host-${index}.example.test`);
  const checked = checkPair(selfSigned(names, NOW_MS), NOW_MS);
  expect(checked).toMatchObject({ ok: true, warnings: [] });
  if (!checked.ok) return;
  const { info } = checked.pair;
  expect(info).toMatchObject({ names, isSelfSigned: true, keyType: "ECDSA P-256" });
  expect(new Date(info.notAfterMs).toISOString()).toBe("2038-03-01T12:00:00.000Z");
});
