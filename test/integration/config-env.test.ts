// The workers' environment and the crash budget, as the configuration has them.
import { afterAll, expect, test } from "bun:test";
import { join } from "node:path";
import { ask } from "../helpers/requests.ts";
import { runPounce, startPounce, stopAllServers, tomlOf } from "../helpers/server.ts";

afterAll(stopAllServers);

/** Answers with the variables that the query names. */
const APP = `
export default {
  fetch(request) {
    const names = new URL(request.url).searchParams.getAll("name");
    return Response.json(names.map((name) => process.env[name] ?? null));
  },
};
`;

test("[env] wins over env_file, and that over what is inherited", async () => {
  await using server = await startPounce({
    app: APP,
    config: { env_file: "vars.env", env: { ENV_C: "table", ENV_N: 8080, ENV_T: true } },
    env: { ENV_A: "inherited", ENV_B: "inherited", ENV_C: "inherited" },
    prepare: async (dir) => {
      await Bun.write(join(dir, "vars.env"), "ENV_B=file\nENV_C=file\n");
      await Bun.write(join(dir, ".env"), "ENV_D=never\n");
    },
  });
  const names = ["ENV_A", "ENV_B", "ENV_C", "ENV_N", "ENV_T", "ENV_D"];
  const { text } = await ask(server, `/?${names.map((name) => `name=${name}`).join("&")}`);
  expect(JSON.parse(text)).toEqual(["inherited", "file", "table", "8080", "true", null]);
}, 60_000);

/** A file whose values name the environment, among them a variable of that name. */
function fileNaming(name: string): string {
  const keys = ["app = '${NONE:-./app.ts}'", "port = '${PORT_0}'", "workers = '${NONE:-1}'"];
  return [...keys, "[env]", `ENV_A = '\${${name}}'`].join("\n");
}

test("values of the file may name the master's environment, at the start and at each reload", async () => {
  await using server = await startPounce({
    app: APP,
    config: fileNaming("SECRET_1"),
    env: { SECRET_1: "one", SECRET_2: "two", PORT_0: "0" },
  });
  const variable = async (): Promise<unknown> =>
    JSON.parse((await ask(server, "/?name=ENV_A")).text)[0];
  expect(await variable()).toBe("one");
  await server.write("pounce.toml", fileNaming("SECRET_2"));
  await server.reload();
  expect(await variable()).toBe("two");
  await server.write("pounce.toml", fileNaming("SECRET_3"));
  const place = "pounce.toml:5:1 env.ENV_A: the variable SECRET_3 is not set";
  expect((await server.reloadThatFails()).join("\n")).toContain(place);
}, 60_000);

test("both are read again at a reload", async () => {
  await using server = await startPounce({
    app: APP,
    config: { env_file: "vars.env" },
    prepare: (dir) => Bun.write(join(dir, "vars.env"), "ENV_A=1\nENV_B=1\n").then(() => undefined),
  });
  await server.write("vars.env", "ENV_A=2\n");
  await server.write("pounce.toml", tomlOf({ env_file: "vars.env", env: { ENV_C: "new" } }));
  await server.reload();
  const { text } = await ask(server, "/?name=ENV_A&name=ENV_B&name=ENV_C");
  expect(JSON.parse(text)).toEqual(["2", null, "new"]);
}, 60_000);

test("an env_file that has gone fails the reload, and is named", async () => {
  await using server = await startPounce({ app: APP });
  await server.write("pounce.toml", tomlOf({ env_file: "gone.env" }));
  const lines = await server.reloadThatFails();
  expect(lines.join("\n")).toMatch(
    /pounce\.toml:\d+:1 env_file: cannot read \S*\/gone\.env: no such file/,
  );
  expect(JSON.parse((await ask(server, "/?name=ENV_A")).text)).toEqual([null]);
}, 60_000);

test("mistakes in both are told with their places, and end the start with 2", async () => {
  const config = 'env_file = "gone.env"\n[env]\nLIST = [1]\nDATE = 2020-01-01\n';
  const { code, stderr } = await runPounce({ config });
  expect(code).toBe(2);
  expect(stderr.split("\n")).toEqual([
    expect.stringMatching(/pounce\.toml:3:1 env\.LIST: expected a string, a number or a boolean/),
    expect.stringMatching(/pounce\.toml:4:1 env\.DATE: expected a string, a number or a boolean/),
    expect.stringMatching(/pounce\.toml:1:1 env_file: cannot read \S*\/gone\.env: no such file/),
  ]);
}, 60_000);

test("[respawn] says how soon a crashed worker is replaced, and how often", async () => {
  const respawn = { max_crashes: 2, window: "30s", backoff_min: "50ms", backoff_max: "50ms" };
  await using server = await startPounce({ app: APP, config: { workers: 1, respawn } });
  for (let crash = 0; crash < 2; crash += 1) {
    const after = server.logs.mark();
    process.kill(server.workers()[0]?.pid ?? 0, "SIGKILL");
    await server.waitForLog("Replacing worker", { after });
    await server.untilWorkers((found) => found.length === 1 && found[0]?.id === crash + 1);
  }
  expect(server.logs.matching("Replacing worker 1 (slot 0) in 50ms")).toHaveLength(1);
  expect(
    server.logs.matching("2 crashes within 30s — the crash budget is spent (respawn.max_crashes)"),
  ).toHaveLength(1);
}, 60_000);
