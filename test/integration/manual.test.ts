// What the README and the manual show, done with the real executable: the quick start as it is
// written, each app, and `pounce help`.
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { nodeModules } from "../helpers/fixtures.ts";
import { BLOCKS, blocksOf } from "../helpers/manual.ts";
import { pounce, pounceBinary, startControlled, stopAllServers } from "../helpers/server.ts";
import { finished } from "../helpers/finished.ts";
import { freePort } from "../helpers/ports.ts";

afterAll(stopAllServers);

/** Runs in a folder of its own; `pounce` is the executable under test. */
async function inFolder<T>(run: (dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), "pounce-manual-"));
  try {
    return await run(dir);
  } finally {
    await rm(dir, { recursive: true });
  }
}

async function shell(script: string, dir: string, env: Record<string, string> = {}) {
  const path = `${dirname(pounceBinary())}:${process.env["PATH"]}`;
  const child = Bun.spawn(["bash", "-c", script], {
    cwd: dir,
    env: { ...process.env, PATH: path, ...env },
    stdout: "pipe",
    stderr: "pipe",
  });
  return finished(child);
}

/** The block of the README that begins so. */
function blockOfReadme(beginning: string): string {
  const block = BLOCKS.find(
    ({ at, text }) => at.startsWith("README") && text.startsWith(beginning),
  );
  if (block === undefined) throw new Error(`the README has no block that begins with ${beginning}`);
  return block.text;
}

test(
  "the quick start works as it is written",
  () =>
    inFolder(async (dir) => {
      const port = freePort();
      const steps = [
        // In a terminal of its own, which is left with Ctrl-C.
        blockOfReadme("pounce init app").replace(/^pounce dev .*$/m, "pounce dev & dev=$!"),
        // As often as there is time for.
        blockOfReadme("curl").replace(/^pounce prove/m, "pounce prove --reloads 1 --modes silent"),
        "kill -INT $dev && wait $dev",
        blockOfReadme("pounce check"),
      ]
        .join("\n")
        .replaceAll(":8000", `:${port}`);
      // A person types slower than a server starts, and than a file is looked at.
      const patient =
        "curl() { sleep 0.5; " +
        'command curl -sS --retry 50 --retry-delay 1 --retry-connrefused "$@"; }';
      const env = { POUNCE_PORT: String(port), POUNCE_CONTROL_SOCKET: join(dir, "control.sock") };
      const { stdout, stderr } = await shell(`${patient}\n${steps}\nwait`, dir, env);
      const expected = [...steps.matchAll(/^curl .*# (.*)$/gm)].map(([, answer = ""]) => answer);
      expect(expected).toHaveLength(2);
      for (const answer of expected) expect(stdout).toContain(`${answer}\n`);
      for (const word of ["Proven", "Reloaded", "Stopped", "pounce.service"]) {
        expect(stdout).toContain(word);
      }
      expect(stderr).not.toContain("pounce:");
    }),
  60_000,
);

describe("the apps of README and manual", () => {
  const apps = blocksOf("ts").filter(([, { note }]) => note === "app");

  test.concurrent.each(apps)("%s is an app", (_, { text }) =>
    inFolder(async (dir) => {
      await Bun.write(join(dir, "app.ts"), text);
      // Hono is in pounce; others a person has to install.
      if (text.includes("socket.io")) await symlink(nodeModules, join(dir, "node_modules"));
      const { code, stdout } = await shell(`pounce check ./app.ts --port ${freePort()}`, dir);
      expect(stdout).toMatch(/^ok +app: /m);
      expect(code).toBe(0);
    }),
  );
});

test("the receipt and the health check in the manual have the fields of real ones", async () => {
  await using server = await startControlled({ config: { health_check_path: "/health" } });
  const { stdout } = await pounce(server, "reload", "--wait", "--json");
  expect(shapeOf(stdout)).toEqual(shapeOf(exampleIn("reloads.md")));
  const health = await fetch(`http://127.0.0.1:${server.port}/health`);
  expect(shapeOf(await health.text())).toEqual(shapeOf(exampleIn("errors.md")));
});

/** The first JSON in a chapter. */
function exampleIn(chapter: string): string {
  return (
    BLOCKS.find(({ at, language }) => at.startsWith(chapter) && language === "json")?.text ?? ""
  );
}

/** The names in an object, and in its objects, in order. */
function shapeOf(json: string): string[] {
  return [...json.matchAll(/"(\w+)":/g)].map(([, name = ""]) => name);
}

describe("pounce help", () => {
  test("lists commands and chapters, and prints a chapter", () =>
    inFolder(async (dir) => {
      const all = await shell("pounce help && pounce help upgrade", dir);
      expect(all.stdout).toMatch(/^ {2}reload +\w/m);
      expect(all.stdout).toMatch(/^ {2}upgrade +\w/m);
      expect(all.stdout).toContain("\n# Upgrading pounce itself\n");
      expect(all.stdout).not.toContain("\u001b");
    }));

  test("knows chapters by what people look for, and commands before that", () =>
    inFolder(async (dir) => {
      const { stdout } = await shell("pounce help SSL && pounce help logs", dir);
      expect(stdout).toContain("# TLS\n");
      expect(stdout).toContain("pounce logs [flags]");
    }));

  test("names the chapter that was meant", () =>
    inFolder(async (dir) => {
      const { code, stderr } = await shell("pounce help kubernets", dir);
      expect(stderr).toContain('(did you mean "kubernetes"?)');
      expect(code).toBe(2);
    }));
});
