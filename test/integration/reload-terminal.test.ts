// `pounce reload` at a terminal, while a canary lasts.
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { pounce, pounceBinary, startControlled, stopAllServers } from "../helpers/server.ts";
import { until } from "../helpers/until.ts";

setDefaultTimeout(30_000);
afterAll(stopAllServers);

test("it shows what is under way, and says at Ctrl-C that the reload goes on", async () => {
  const rollout = { canary: 0.5, canary_duration: "1h" };
  const server = await startControlled({ config: { control_socket: "control.sock", rollout } });
  let shown = "";
  const reload = Bun.spawn([pounceBinary(), "reload", "--config", "pounce.toml"], {
    cwd: server.dir,
    env: { PATH: process.env["PATH"], PWD: server.dir, TERM: "xterm" },
    terminal: { data: (_, bytes) => void (shown += new TextDecoder().decode(bytes)) },
  });
  await until("the canary is shown", () => shown.includes("on trial with 50 % of new connections"));
  expect(shown).toStartWith("\r\u001b[Kgeneration 1: ");
  reload.terminal?.write("\u0003");
  expect(await reload.exited).toBe(130);
  const last = "The server goes on with the reload: pounce status shows how it is";
  expect(shown).toEndWith(`\r\u001b[K${last}\r\n`);
  expect((await pounce(server, "status")).stdout).toContain("on trial with 50 %");
  const { code, stderr } = await pounce(server, "rollback");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});
