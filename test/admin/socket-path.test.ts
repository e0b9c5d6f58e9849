// Where a server's control socket is.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { pathProblem } from "../../src/admin/start.ts";
import { controlSocketPath } from "../../src/admin/socket-path.ts";
import type { Config } from "../../src/config/config.ts";
import { loadConfig } from "../../src/config/load.ts";

const before = process.env["RUNTIME_DIRECTORY"];
beforeAll(() => {
  process.env["RUNTIME_DIRECTORY"] = "/run/test";
});
afterAll(() => {
  if (before === undefined) delete process.env["RUNTIME_DIRECTORY"];
  else process.env["RUNTIME_DIRECTORY"] = before;
});

function configWith(flags: Record<string, string>, file?: string): Config {
  const loaded = loadConfig({ flags, env: {}, cwd: "/" });
  if (!loaded.ok) throw new Error(loaded.errors.join());
  return { ...loaded.config, file };
}

test("servers of different files or addresses have sockets of their own", () => {
  const paths = [
    configWith({}),
    configWith({ port: "8001" }),
    configWith({ host: "::1" }),
    configWith({}, "/srv/a/pounce.toml"),
    configWith({}, "/srv/b/pounce.toml"),
  ].map(controlSocketPath);
  expect(new Set(paths).size).toBe(paths.length);
  for (const path of paths) expect(path).toMatch(/^\/run\/test\/[\w.-]+\.sock$/);
});

test("a path that was configured is taken as it is", () => {
  expect(controlSocketPath(configWith({ "control-socket": "/x/y.sock" }))).toBe("/x/y.sock");
});

test("a path that is too long for a socket is refused with the limit", () => {
  expect(pathProblem(`/${"a".repeat(120)}`, false)).toContain("107");
});
