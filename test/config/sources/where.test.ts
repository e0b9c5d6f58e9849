// Where a server listens can be given in two ways: which one counts, and when that is a mistake.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "../../../src/config/load.ts";

let folder = "";
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "pounce-where-"))));
afterAll(() => rmSync(folder, { recursive: true }));

interface Given {
  readonly file?: string;
  readonly env?: Record<string, string>;
  readonly flags?: Record<string, string>;
}

function load({ file = "", env = {}, flags = {} }: Given) {
  const config = join(folder, "pounce.toml");
  writeFileSync(config, file);
  return loadConfig({ flags: { ...flags, config }, env, cwd: folder });
}

describe("a Unix socket", () => {
  test.each<[Given, string | undefined]>([
    [{ file: 'uds = "app.sock"' }, "app.sock"],
    [{ file: 'uds = "app.sock"', env: { PORT: "80" } }, "app.sock"],
    [{ file: 'uds = "app.sock"', env: { POUNCE_PORT: "80" } }, undefined],
    [{ file: 'uds = "app.sock"', flags: { port: "80" } }, undefined],
    [{ file: "port = 80", flags: { uds: "b.sock" } }, "b.sock"],
    [{ env: { PORT: "80", POUNCE_UDS: "b.sock" } }, "b.sock"],
    [{ file: 'uds = "app.sock"', env: { POUNCE_HOST: "::1" }, flags: { uds: "c.sock" } }, "c.sock"],
  ])("of %j is %p", (given, path) => {
    const result = load(given);
    const expected = path === undefined ? undefined : { path: join(folder, path), mode: 0o660 };
    expect(result).toMatchObject({ ok: true, config: { uds: expected } });
  });

  test("that is abstract is no path", () => {
    expect(load({ file: 'uds = "@app"' })).toMatchObject({ config: { uds: { path: "@app" } } });
  });

  test.each<[Given, RegExp]>([
    [{ file: 'uds = "a"\nport = 80' }, /^.*pounce\.toml:1:1 uds: .*port = 80 \(.*:2:1 port\)/],
    [{ flags: { uds: "a", host: "::1" } }, /^--uds: .* beside host = "::1" \(--host\)/],
    [{ file: 'uds_permissions = "600"' }, /uds_permissions: .*set that as well/],
    [{ file: `uds = "${"a".repeat(108)}"` }, /uds: expected a path of at most 107 bytes.* got/],
    [{ file: `uds = "@${"a".repeat(107)}"` }, /uds: expected a path of at most 107 bytes.* got/],
  ])("%j is refused", (given, words) => {
    const result = load(given);
    expect(result).toEqual({ ok: false, errors: [expect.stringMatching(words)] });
  });
});
