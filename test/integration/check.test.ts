// pounce check: configuration, app and kernel, before they are needed.
import { afterAll, expect, test } from "bun:test";
import { runPounce, startPounce, stopAllServers, pounce } from "../helpers/server.ts";

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
}, 20_000);

for (const [what, app, expected] of [
  ["an error at import", "throw new Error('no database');", /FAIL app: .*no database/s],
  ["no fetch", "export default 5;", /FAIL app: .*found a number/s],
  ["an exit at import", "process.exit(0);", /FAIL app: .*ended its process at import/s],
] as const) {
  test(`an app with ${what} is exit code 1`, async () => {
    const { code, stdout } = await check({ app });
    expect(code).toBe(1);
    expect(stdout).toMatch(expected);
  }, 20_000);
}

test("a configuration that is not valid is exit code 2, with its place", async () => {
  const { code, stdout } = await check({ config: 'workers = "many"\nprot = 1\n' });
  expect(code).toBe(2);
  expect(stdout).toMatch(/FAIL configuration: pounce\.toml:1:1 workers: expected/);
  expect(stdout).toMatch(/FAIL configuration: pounce\.toml:2:1 prot: .*port/);
}, 20_000);

test("startup is not called, as nothing is started", async () => {
  const app = `export default { fetch: () => new Response(""), startup() { throw new Error("no"); } };`;
  expect((await check({ app })).code).toBe(0);
}, 20_000);

test("beside a running server it says who holds the address, and disturbs nobody", async () => {
  await using server = await startPounce();
  const { code, stdout } = await pounce(server, "check", "--port", String(server.port));
  expect(code).toBe(0);
  expect(stdout).toContain(`in use by process ${server.pid}`);
}, 20_000);
