// A version that does not start costs nothing: the old one serves on, the log has the app's own
// error with its place, and the next good version is reloaded as ever.
import { afterAll, describe, expect, test } from "bun:test";
import { fixture, honoApp } from "../helpers/fixtures.ts";
import { expectNoLoss, startLoad } from "../helpers/load.ts";
import { versionsServed } from "../helpers/requests.ts";
import { runPounce, startPounce, stopAllServers } from "../helpers/server.ts";

afterAll(stopAllServers);

const FAILED = "[ERROR] Reload failed — continuing with previous version";

/** Each broken app with what the log must say about it. */
const BROKEN: Record<string, RegExp[]> = {
  "syntax-error": [/app\.ts:4\b/, /const = 1;/],
  "throws-at-import": [/DATABASE_URL is not set/, /app\.ts:3\b/, /throw new Error/],
  "missing-package": [/a-package-that-nobody-installed/, /app\.ts/],
  "missing-file": [/not-deployed/, /app\.ts/],
  "no-fetch": [/\.\/app\.ts/, /fetch/, /object/],
  "hangs-at-import": [
    /still importing \.\/app\.ts or running its startup hook after 5s/,
    /startup_timeout/,
  ],
  "loops-at-import": [
    /still importing \.\/app\.ts or running its startup hook after 5s/,
    /startup_timeout/,
  ],
  "exits-at-import": [/\.\/app\.ts ended its process: .*process\.exit\(0\)/, /app\.ts:2\b/],
  "startup-throws": [/cannot reach the database/, /app\.ts:4\b/],
  "startup-hangs": [
    /still importing \.\/app\.ts or running its startup hook after 5s/,
    /startup_timeout/,
  ],
};

const config = { workers: 2, startup_timeout: 5 };

function expectOwnError(lines: string[], expected: RegExp[]): void {
  const text = lines.join("\n");
  expect(text).toMatch(/^\[ERROR\] /m);
  for (const pattern of expected) expect(text).toMatch(pattern);
}

describe("at a reload, the old version keeps serving when the new one has", () => {
  for (const [name, expected] of Object.entries(BROKEN)) {
    const claim = async (): Promise<void> => {
      await using server = await startPounce({ config });
      const load = startLoad({
        port: server.port,
        modes: ["connect", "keep-alive"],
        clients: 4,
        gapMs: 20,
      });
      await load.untilMore(20);
      await server.writeApp(fixture(`broken/${name}`));
      const lines = await server.reloadThatFails();
      expect(lines.at(-1)).toBe(FAILED);
      expectOwnError(lines.slice(0, -1), expected);
      expect(await versionsServed(server, 5)).toEqual(["v0"]);
      await server.writeApp(honoApp("v2"));
      await server.reload();
      expect(await versionsServed(server, 5)).toEqual(["v2"]);
      expectNoLoss(await load.stop());
      expect(await server.untilWorkers((found) => found.length === 2)).toHaveLength(2);
    };
    test.concurrent(name, claim, 60_000);
  }
});

describe("at the start, pounce exits with 1 and the app's own error when it has", () => {
  for (const [name, expected] of Object.entries(BROKEN)) {
    const claim = async (): Promise<void> => {
      const run = await runPounce({ config, app: fixture(`broken/${name}`) });
      expect(run.code).toBe(1);
      expectOwnError(run.lines, expected);
      expect(run.stdout).not.toContain("Listening");
    };
    test.concurrent(name, claim, 60_000);
  }
});

describe("a configuration that does not validate is a failed reload, with the place named:", () => {
  const bad: Record<string, [toml: string, expected: RegExp[]]> = {
    "not TOML": ['app = "./app.ts"\nworkers = = 2\n', [/pounce\.toml:2\b/]],
    "an unknown key": ['app = "./app.ts"\n\nworker = 2\n', [/pounce\.toml:3\b/, /workers/]],
    "a wrong value": ['app = "./app.ts"\nreload_timeout = "soon"\n', [/pounce\.toml:2\b/, /soon/]],
  };
  for (const [name, [toml, expected]] of Object.entries(bad)) {
    const claim = async (): Promise<void> => {
      await using server = await startPounce();
      await server.write("pounce.toml", toml);
      const lines = await server.reloadThatFails();
      expect(lines.at(-1)).toBe(FAILED);
      expectOwnError(lines.slice(0, -1), expected);
      expect(await versionsServed(server, 5)).toEqual(["v0"]);
    };
    test.concurrent(name, claim, 60_000);
  }

  test.concurrent(
    "a file that is gone",
    async () => {
      await using server = await startPounce();
      await Bun.file(`${server.dir}/pounce.toml`).delete();
      const lines = await server.reloadThatFails();
      expect(lines.at(-1)).toBe(FAILED);
      expectOwnError(lines.slice(0, -1), [/pounce\.toml/]);
      expect(await versionsServed(server, 5)).toEqual(["v0"]);
    },
    60_000,
  );
});
