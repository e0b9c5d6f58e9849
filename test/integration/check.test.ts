// pounce check: configuration, app and kernel, before they are needed.
import { afterAll, expect, test } from "bun:test";
import { unlink } from "node:fs/promises";
import { join } from "node:path";
import {
  pounce,
  runPounce,
  startControlled,
  startPounce,
  stopAllServers,
} from "../helpers/server.ts";
import { freePort } from "../helpers/ports.ts";

afterAll(stopAllServers);

const check = (options: Parameters<typeof runPounce>[0]) =>
  runPounce({ ...options, prepare: async () => {}, argv: ["check", "--config", "pounce.toml"] });

test("a server that could start is told so, with the app's shape and what the kernel allows", async () => {
  const { code, stdout } = await check({});
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ok {3}configuration: .*pounce\.toml$/m);
  expect(stdout).toMatch(/^ok {3}app: \.\/app\.ts: an object with fetch.*, loaded in \d+ ms$/m);
  expect(stdout).toMatch(/^ok {3}steering: allowed$/m);
  expect(stdout).toMatch(/^ok {3}tcp_migrate_req: /m);
}, 60_000);

for (const [what, app, expected] of [
  ["an error at import", "throw new Error('no database');", /FAIL app: .*no database/s],
  ["no fetch", "export default 5;", /FAIL app: .*found a number/s],
  [
    "an exit at import",
    "\nprocess.exit(3);",
    /FAIL app: \.\/app\.ts ended its process: [^]*process\.exit\(3\)[^]*app\.ts:2/,
  ],
] as const) {
  test(`an app with ${what} is exit code 1`, async () => {
    const { code, stdout } = await check({ app });
    expect(code).toBe(1);
    expect(stdout).toMatch(expected);
  }, 60_000);
}

test("a configuration that is not valid is exit code 2, with its place", async () => {
  const { code, stdout } = await check({ config: 'workers = "many"\nprot = 1\n' });
  expect(code).toBe(2);
  expect(stdout).toMatch(/FAIL configuration: pounce\.toml:1:1 workers: expected/);
  expect(stdout).toMatch(/FAIL configuration: pounce\.toml:2:1 prot: .*port/);
}, 60_000);

test("what a path contains looks like no other finding", async () => {
  const { stdout } = await check({ config: 'pid_file = "x\\nFAIL forged: y"\n' });
  expect(stdout).toContain("forged: y");
  expect(stdout).not.toMatch(/^FAIL forged/m);
}, 60_000);

test("the built-in Hono is called by its name, in an app without packages and in the demo", async () => {
  const app = 'import { Hono } from "hono"; export default new Hono();';
  const own = await runPounce({ app, prepare: removePackages, argv: ["check", "app.ts"] });
  expect(own.stdout).toMatch(/^ok {3}app: app\.ts: an object with fetch \(Hono\), loaded in/m);
  const demo = await runPounce({ prepare: removeAll, argv: ["check"] });
  expect(demo.stdout).toMatch(/^ok {3}app: the built-in demo: an object with fetch \(Hono\), /m);
}, 60_000);

test("startup is not called, as nothing is started", async () => {
  const app = `export default { fetch: () => new Response(""), startup() { throw new Error("no"); } };`;
  expect((await check({ app })).code).toBe(0);
}, 60_000);

test("beside the running server it says that this one holds the address, and disturbs nobody", async () => {
  await using server = await startControlled();
  const { code, stdout } = await pounce(server, "check", "--port", String(server.port));
  expect(code).toBe(0);
  expect(stdout).not.toContain("FAIL");
  expect(stdout).toMatch(
    new RegExp(
      `^ok   address: .*: held by pounce master, pid ${server.pid}, which is this server$`,
      "m",
    ),
  );
}, 60_000);

test("a server without a control socket is known by its configuration", async () => {
  await using server = await startPounce({ config: { control_socket: "/proc/nowhere.sock" } });
  await server.waitForLog("No control socket");
  const { stdout } = await pounce(server, "check", "--port", String(server.port));
  expect(stdout).toContain(`held by pounce master, pid ${server.pid}, which is this server`);
}, 60_000);

test("an address that somebody else holds is a fault that names the holder", async () => {
  await using server = await startPounce();
  const { code, stdout } = await check({ config: { port: server.port } });
  expect(code).toBe(1);
  expect(stdout).toContain(`FAIL address: Cannot listen on 127.0.0.1:${server.port}`);
  expect(stdout).toContain(`in use by process ${server.pid} (pounce master `);
  expect(stdout).toContain("a start would fail with exit code 3");
}, 60_000);

test("an address that this machine has not got is a fault", async () => {
  const { stdout } = await check({ config: { host: "192.0.2.1", port: 8000 } });
  expect(stdout).toContain("FAIL address: Cannot listen on 192.0.2.1:8000");
}, 60_000);

test("--json is one object with every finding, whatever the app prints at import", async () => {
  const app = `console.log("noise"); export default { fetch: () => new Response("") };`;
  const run = await runPounce({ app, argv: ["check", "--config", "pounce.toml", "--json"] });
  expect(run.stderr).toContain("noise");
  const { verdict, findings } = JSON.parse(run.stdout);
  expect(verdict).toBe("ok");
  expect(findings.map(({ name }: { name: string }) => name)).toEqual([
    "configuration",
    "control_socket",
    "app",
    "NODE_ENV",
    "address",
    "steering",
    "socket filter",
    "deferred accept off",
    "tcp_migrate_req",
    "backlog",
    "open files",
  ]);
}, 60_000);

test("what this kernel refuses comes with what to do", async () => {
  const run = await runPounce({
    argv: ["check", "--config", "pounce.toml"],
    forbidSteering: true,
  });
  expect(run.stdout).toMatch(/^warn steering: refused \(\w+\)\n +allow setsockopt/m);
  expect(run.code).toBe(0);
}, 60_000);

test("--print tells every value that is in effect and where it comes from, and no secret", async () => {
  const config = [
    "reload_timeout = '2m'",
    "log.file = '${LOGS:-x}/p.log'",
    "env.TOKEN = 'geheim'",
    "port = 1",
  ].join("\n");
  const argv = ["check", "-c", "pounce.toml", "--print", "-p", "0"];
  const run = await runPounce({ config, argv, env: { LOGS: "logs", POUNCE_WORKERS: "3" } });
  const dir = /^ok {3}configuration: (.*)\/pounce\.toml$/m.exec(run.stdout)?.[1];
  for (const line of [
    'reload_timeout = "2m" +# pounce.toml:1:1',
    `log.file = "${dir}/logs/p.log" +# pounce.toml:2:5`,
    'env.TOKEN = "\\*\\*\\*" +# pounce.toml:3:1',
    "port = 0 +# --port",
    "workers = 3 +# POUNCE_WORKERS",
    'host = "127.0.0.1" +# default',
    "# pid_file is not set",
  ]) {
    expect(run.stdout).toMatch(new RegExp(`^${line}$`, "m"));
  }
  expect(run.stdout + run.stderr).not.toContain("geheim");
  const json = await runPounce({ config, argv: [...argv, "--json"] });
  const { configuration } = JSON.parse(json.stdout);
  expect(configuration).toContainEqual({ key: "port", value: 0, source: "--port" });
  expect(json.stdout).not.toContain("geheim");
}, 60_000);

test("a program with two servers, none on pounce's port, is told both of their ports", async () => {
  const other = freePort();
  const server = 'require("node:http").createServer((request, response) => response.end())';
  const { stdout } = await check({ app: `${server}.listen(9100);\n${server}.listen(${other});` });
  const told = `asks for port 9100; .* is the server that it has on ${other}: port = ${other}$`;
  expect(stdout).toMatch(new RegExp(told, "m"));
}, 60_000);

test("a program is told its own port, if it asks for another, and nothing of Hono, which it has not", async () => {
  const app =
    'require("node:http").createServer((request, response) => response.end()).listen(3000);';
  const { code, stdout } = await check({ app });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ok {3}app: \.\/app\.ts: a program that listens \(node:http\), /m);
  expect(stdout).toMatch(/^ok {3}app: \.\/app\.ts asks for port 3000; .* --port 3000$/m);
  expect(stdout).not.toMatch(/hono/i);
}, 60_000);

test("a file without an app is a warning that names it and the key", async () => {
  const { code, stdout } = await runPounce({
    config: "workers = 1",
    argv: ["check", "--config", "pounce.toml"],
  });
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^warn configuration: pounce\.toml has no key `app`, so the built-in demo/m,
  );
}, 60_000);

test("it tells where Hono comes from, and NODE_ENV as the app will see it", async () => {
  const own = await check({ config: { env: { NODE_ENV: "staging" } } });
  expect(own.stdout).toMatch(/^ok {3}hono: the app's own, .*\/hono \(\d+\.\d+\.\d+\)$/m);
  expect(own.stdout).toMatch(/^ok {3}NODE_ENV: "staging"$/m);
  const bare = await runPounce({ prepare: removePackages, argv: ["check", "app.ts"] });
  expect(bare.stdout).toMatch(/^ok {3}hono: \d+\.\d+\.\d+, built into pounce, because the app/m);
}, 60_000);

/** Neither that, nor a configuration that names an app. */
async function removeAll(dir: string): Promise<void> {
  await removePackages(dir);
  await unlink(join(dir, "pounce.toml"));
}

/** Nothing can be imported from `dir` but what is built in. */
function removePackages(dir: string): Promise<void> {
  return unlink(join(dir, "node_modules"));
}
