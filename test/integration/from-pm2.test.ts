// `pounce init --from-pm2`, as somebody calls it who moves over: PM2's file is a program, too.
import { afterAll, afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ask } from "../helpers/requests.ts";
import { pounceBinary, startPounce, stopAllServers } from "../helpers/server.ts";

let dir: string;
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), "pounce-from-pm2-"))));
afterEach(() => rmSync(dir, { recursive: true }));
afterAll(stopAllServers);

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
}

function pounce(...argv: string[]) {
  const env = { PATH: process.env["PATH"], PWD: dir, API_KEY: "from-the-shell" };
  const result = Bun.spawnSync([pounceBinary(), ...argv], { cwd: dir, env });
  const [stdout, stderr] = [result.stdout.toString(), result.stderr.toString()];
  return { code: result.exitCode, stdout, stderr };
}

const read = (name: string): string => readFileSync(join(dir, name), "utf8");

const APP =
  "export default { fetch: () => new Response(" +
  "`${process.env.NODE_APP_INSTANCE} ${process.env.GREETING}`) };\n";

test("what it writes serves: variables, and each worker's number", async () => {
  write({
    "server.ts": APP,
    "ecosystem.config.js":
      'module.exports = { apps: [{ name: "api", script: "./server.ts", instances: 2, ' +
      'watch: true, env: { GREETING: "$" + "{hello}", PORT: 3000 } }] };\n',
  });
  const written = pounce("init", "--from-pm2", "ecosystem.config.js");
  expect(written).toMatchObject({ code: 0, stderr: "" });
  expect(written.stdout).toContain(`wrote ${join(dir, "pounce.toml")}\n`);
  expect(written.stdout).toContain('  "api": ./server.ts, workers: 2, at 127.0.0.1:3000\n');
  expect(written.stdout).toContain("  only this machine reaches it; ");
  expect(written.stdout).toContain("not taken, and why is in the file: watch\n");
  expect(written.stdout).toContain("next: pounce check --config pounce.toml\n");

  const argv = ["--config", join(dir, "pounce.toml"), "--port", "0"];
  await using server = await startPounce({ argv });
  const answers = new Set<string>();
  while (answers.size < 2) answers.add((await ask(server, "/")).text);
  expect([...answers].toSorted()).toEqual(["0 ${hello}", "1 ${hello}"]);
}, 60_000);

test("a program that tells PM2 that it is ready, and stops at SIGINT, runs as it is", async () => {
  const app = `const http = require("http");
    const server = http.createServer((request, response) => response.end(typeof process.send));
    server.listen(3000, () => process.send("ready", () => console.log("told")));
    process.on("SIGINT", () => server.close(() => process.exit(0)));`;
  await using server = await startPounce({ app, config: { workers: 1 } });
  expect((await ask(server, "/")).text).toBe("function");
  expect(server.logs.matching("told")).toHaveLength(1);
  await server.reload();
  expect((await ask(server, "/")).text).toBe("function");
  await server.stop();
}, 60_000);

describe("PM2's file may be", () => {
  const apps = '[{ "name": "a", "script": "server.ts", "port": 3001 }]';
  test.each([
    ["ecosystem.config.cjs", `module.exports = { apps: ${apps} };`],
    ["function.config.js", `module.exports = () => ({ apps: ${apps} });`],
    ["async.config.mjs", `export default async () => ({ apps: ${apps} });`],
    ["named.config.mjs", `export const apps = ${apps};`],
    ["ecosystem.config.ts", `const apps: object[] = ${apps};\nexport default { apps };`],
    ["list.config.js", `module.exports = ${apps};`],
    ["process.json", `// A comment\n{ "apps": ${apps}, }`],
    ["package.json", `{ "name": "p", "pm2": ${apps} }`],
    ["process.yml", "apps:\n  - name: a\n    script: server.ts\n    port: 3001\n"],
  ])("%s", (name, text) => {
    write({ [name]: text, "server.ts": APP });
    expect(pounce("init", "--from-pm2", name)).toMatchObject({ code: 0, stderr: "" });
    expect(read("pounce.toml")).toContain("port = 3001\n");
  });
});

test("a secret is not written down: it stays where PM2's file has it from", () => {
  write({
    "server.ts": APP,
    "ecosystem.config.js":
      'module.exports = { apps: { script: "server.ts", env: { KEY: process.env.API_KEY, ' +
      'NODE_ENV: process.env.NODE_ENV || "production" } } };\n',
  });
  expect(pounce("init", "--from-pm2", "ecosystem.config.js").code).toBe(0);
  expect(read("pounce.toml")).toContain('KEY = "${API_KEY}"\n');
  expect(read("pounce.toml")).toContain('NODE_ENV = "production"\n');
  expect(read("pounce.toml")).not.toContain("from-the-shell");
});

test("what PM2's file reads from .env, as dotenv does, stays there", () => {
  write({
    "server.ts": APP,
    ".env": "TOKEN=of-the-file\n",
    "ecosystem.config.js":
      'const text = require("fs").readFileSync(__dirname + "/.env", "utf8");\n' +
      'for (const [name, value] of Object.entries(require("util").parseEnv(text)))\n' +
      "  process.env[name] = value;\n" +
      'module.exports = { apps: [{ script: "server.ts", env: { ...process.env, A: "1" } }] };\n',
  });
  expect(pounce("init", "--from-pm2", "ecosystem.config.js").code).toBe(0);
  expect(read("pounce.toml")).toContain('env_file = [ "./.env" ]\n');
  expect(read("pounce.toml")).toContain('\n[env]\nA = "1"\n\n#');
});

describe("several apps", () => {
  const both = {
    "server.ts": APP,
    "job.py": "",
    "eco.config.js":
      'module.exports = { apps: [{ name: "web ui", script: "server.ts", env_production: {} }, ' +
      '{ name: "api", script: "server.ts" }, { name: "job", script: "job.py" }], deploy: {} };\n',
  };

  test("are a file each, unless one of them cannot be served; --only leaves that out", () => {
    write(both);
    const refused = pounce("init", "--from-pm2", "eco.config.js");
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toContain('eco.config.js: the app "job" is Python');
    expect(refused.stderr).toContain("for the others: --only web ui,api\n");
    const only = ["--only", "web ui,api"];
    const plain = pounce("init", "--from-pm2", "eco.config.js", ...only, "--dir", "plain");
    expect(plain.stdout).toContain("are those of env alone, without --env production\n");
    const written = pounce("init", "--from-pm2", "eco.config.js", ...only, "--env", "production");
    expect(written).toMatchObject({ code: 0, stderr: "" });
    expect(written.stdout).toContain("not taken: deploy of eco.config.js\n");
    const files = readdirSync(dir).filter((name) => name.endsWith(".toml"));
    expect(files.toSorted()).toEqual(["pounce.api.toml", "pounce.web-ui.toml"]);
    expect(written.stdout).toContain("next: pounce check --config pounce.web-ui.toml\n");
  });

  test.each([
    [["--only", "gone"], '--only: eco.config.js has no app "gone"'],
    [["--only", "api", "--env", "test"], "--env: none of its apps has an env_test"],
  ])("%j", (flags, error) => {
    write(both);
    const { code, stderr } = pounce("init", "--from-pm2", "eco.config.js", ...flags);
    expect({ code, stderr }).toEqual({ code: 1, stderr: `pounce init: ${error}\n` });
  });
});

test("what is there is replaced only with --force", () => {
  write({ "server.ts": APP, "p.json": '{ "script": "server.ts" }', "pounce.toml": "mine" });
  const refused = pounce("init", "--from-pm2", "p.json");
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("pounce.toml exists already; --force replaces it");
  expect(read("pounce.toml")).toBe("mine");
  expect(pounce("init", "--from-pm2", "p.json", "--force").code).toBe(0);
  expect(read("pounce.toml")).not.toBe("mine");
});

describe("a file that cannot be used is named with its place:", () => {
  test.each([
    ["gone.config.js", undefined, ["gone.config.js: no such file"]],
    ["throws.config.js", "\n  nothing.apps();", ["throws.config.js:2:3: ReferenceError"]],
    ["syntax.config.js", "module.exports = {;", ["syntax.config.js:1:19"]],
    ["exits.config.js", "process.exit(3);", ["it calls process.exit(3)"]],
    ["needs.config.js", 'require("left-pad-zzz");', ["needs.config.js: error: Cannot find "]],
    ["empty.config.js", "module.exports = {};", ["empty.config.js: it has no apps"]],
    ["broken.json", '{\n"apps": [ }', ["broken.json: not valid JSON: Unexpected } (2:11)"]],
    ["short.json", '{ "apps": [', ["short.json: not valid JSON: it ends too early"]],
    ["broken.yml", "apps: [", ["broken.yml: not valid YAML: "]],
    ["without.json", '{ "apps": [{}] }', ['without.json: the app "number 1" has no script']],
  ])("%s", (name, text, parts) => {
    if (text !== undefined) write({ [name]: text });
    const { code, stdout, stderr } = pounce("init", "--from-pm2", name);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    for (const part of ["pounce init: ", ...parts]) expect(stderr).toContain(part);
    expect(readdirSync(dir).filter((file) => file.endsWith(".toml"))).toEqual([]);
  });

  test.each([
    [["--from-pm2="], '--from-pm2: expected PM2\'s file, got ""'],
    [["systemd", "--from-pm2", "x"], "--from-pm2: writes no systemd: leave it out"],
    [["--only", "a"], "--only: it needs --from-pm2"],
    [["--env", "a"], "--env: it needs --from-pm2"],
  ])("wrong usage: %j", (flags, error) => {
    const { code, stderr } = pounce("init", ...flags);
    expect({ code, stderr }).toEqual({ code: 2, stderr: `pounce init: ${error}\n` });
  });
});
