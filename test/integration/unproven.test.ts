// Where nobody else serves: no client gets an answer of a version that is not warm, or that the
// operator's command has not accepted.
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "smol-toml";
import { listen } from "../helpers/hearing.ts";
import { freePort } from "../helpers/ports.ts";
import { ask } from "../helpers/requests.ts";
import {
  type Config,
  pounce,
  runPounce,
  startControlled,
  startPounce,
  stopAllServers,
} from "../helpers/server.ts";
import { until } from "../helpers/until.ts";

setDefaultTimeout(30_000);
afterAll(stopAllServers);

/** Says its version, and whether it is warm: that takes a moment. */
const appOf = (version: string, warmUp: string): string => `
  let isWarm = false;
  export default async (request) => {
    if (new URL(request.url).pathname !== "/warm") return new Response("${version} " + isWarm);
    await Bun.sleep(700);
    ${warmUp}
    isWarm = true;
    return new Response();
  };`;
const app = appOf("v0", "");
const WARM = { workers: 2, rollout: { warmup: "/warm" } };

const WAYS = [
  ["by a port", { port: 0 }],
  ["by a Unix socket", { uds: "app.sock" }],
] as const;

/** The configuration of a version in a folder of its own. */
const configOf = (version: number, more: Config): string =>
  stringify({
    workers: 2,
    keep_alive_timeout: 1,
    app: `./${version}/app.ts`,
    control_socket: "control.sock",
    rollout: { strategy: "restart", warmup: "/warm", verify: "./smoke.sh" },
    ...more,
  });

/** Three versions, and a command that refuses the second. */
const prepare = async (dir: string): Promise<void> => {
  for (const it of [0, 1, 2]) await Bun.write(`${dir}/${it}/app.ts`, appOf(`v${it}`, ""));
  const script = `sleep 0.3; curl -fsS "$POUNCE_URL/" | grep -v v1`;
  await Bun.write(join(dir, "smoke.sh"), `#!/bin/sh\n${script}\n`);
  chmodSync(join(dir, "smoke.sh"), 0o755);
};

test.concurrent.each(WAYS)(
  "restart, %s: clients come to a version that is warm and accepted, and to no other",
  async (_, way) => {
    await using server = await startControlled({ config: configOf(0, way), prepare });
    const heard = listen(server.endpoint);
    for (const [version, code] of [
      [1, 1],
      [2, 0],
    ] as const) {
      await server.write("pounce.toml", configOf(version, way));
      expect(await pounce(server, "reload", "--wait")).toMatchObject({ code });
      const after = code === 1 ? 0 : 2;
      await server.waitForLog(`Generation ${after} takes new connections`);
    }
    await heard.until("v2 true");
    expect([...(await heard.end())].toSorted()).toEqual(["v0 true", "v2 true"]);
  },
);

test.concurrent("at the first start nobody is answered by an app that is not warm", async () => {
  const port = freePort();
  const failing = appOf("v0", "throw new Error('no database');");
  const config = { ...WARM, port };
  const heard = listen({ host: "127.0.0.1", port });
  expect(await runPounce({ app: failing, config })).toMatchObject({ code: 1 });
  await using _ = await startPounce({ app, config });
  await heard.until("v0 true");
  expect([...(await heard.end())]).toEqual(["v0 true"]);
});

test.concurrent("when all workers are lost, health says so until the next are warm", async () => {
  const config = { ...WARM, health_check_path: "/health" };
  await using server = await startPounce({ app, config });
  for (const { pid } of server.workers()) process.kill(pid, "SIGKILL");
  const seen = new Set<string>();
  await until("health", async () => {
    const { status, text } = await ask(server, "/health").catch(() => ({ status: 0, text: "{}" }));
    seen.add(`${status} ${JSON.parse(text).status}`);
    if (status === 200) expect((await ask(server, "/")).text).toBe("v0 true");
    return status === 200;
  });
  expect([...seen].filter((it) => !it.startsWith("0"))).toEqual(["503 starting", "200 ok"]);
});
