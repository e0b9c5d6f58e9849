// Sockets that somebody else has made, as systemd does: whoever connects while the server restarts,
// or is killed, waits for the next one.
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeAddress, localPort } from "../../src/net/address.ts";
import { listenHidden, publish } from "../../src/net/unix-listener.ts";
import { closeDescriptor } from "../../src/os/descriptors.ts";
import { checked, libc } from "../../src/os/libc.ts";
import { honoApp, nodeModules } from "../helpers/fixtures.ts";
import { expectNoLoss, startLoad } from "../helpers/load.ts";
import { TAG, untilGone } from "../helpers/processes.ts";
import { pounceBinary, runPounce, ServerProcess, stopAllServers } from "../helpers/server.ts";

setDefaultTimeout(30_000);
const folder = mkdtempSync(join(tmpdir(), "pounce-activation-"));
const path = join(folder, "app.sock");
const sockets = [listenOnPort(), listenHidden(path, 0o600)] as const;
publish(sockets[1], path);
const port = localPort(sockets[0]) ?? 0;
afterAll(async () => {
  await stopAllServers();
  for (const socket of sockets) closeDescriptor(socket);
  rmSync(folder, { recursive: true });
});

/** Blocking, as systemd makes them. */
function listenOnPort(): number {
  const fd = checked("socket", libc().socket(2, 1, 0));
  const name = encodeAddress({ host: "127.0.0.1", port: 0 });
  checked("bind", libc().bind(fd, name, name.length));
  checked("listen", libc().listen(fd, 512));
  return fd;
}

const CONFIG = `
  app = "./app.ts"
  workers = 2
  keep_alive_timeout = 2
  socket_activation = true
  trusted_proxies = ["127.0.0.1"]
`;

const FORWARDED = `
  app.get("/forwarded", (c) => c.text(c.req.header("X-Forwarded-For") ?? "nobody"));
`;

/** A server that gets both sockets, or more. Resolves when it serves. */
async function start(version: string, config = CONFIG, count = 2): Promise<ServerProcess> {
  const dir = mkdtempSync(join(tmpdir(), "pounce-test-"));
  symlinkSync(nodeModules, join(dir, "node_modules"));
  writeFileSync(join(dir, "app.ts"), `${honoApp(version)}${FORWARDED}`);
  writeFileSync(join(dir, "pounce.toml"), config);
  const tag = crypto.randomUUID();
  const script = `LISTEN_PID=$$ LISTEN_FDS=${count} exec "$0" "$@"`;
  const argv = [pounceBinary(), "--config", join(dir, "pounce.toml")];
  const child = Bun.spawn(["/bin/sh", "-c", script, ...argv], {
    cwd: dir,
    env: { ...process.env, RUNTIME_DIRECTORY: dir, [TAG]: tag },
    stdio: ["ignore", "pipe", "pipe", ...sockets],
  });
  const server = new ServerProcess(child as never, dir, tag);
  return server.untilListening();
}

test("a restart, a kill -9 of the master and a handover refuse nobody", async () => {
  const modes = ["connect", "connect-close", "keep-alive", "post"] as const;
  const load = { modes, clients: 8, keepAliveMs: 2000 };
  const first = await start("v0");
  await first.waitForLog(`Listening on http://127.0.0.1:${port}`);
  await first.waitForLog(`Listening on unix:`);
  const loads = [startLoad({ port, ...load }), startLoad({ port: 0, path, ...load })];
  const more = async (): Promise<void> =>
    void (await Promise.all(loads.map((it) => it.untilMore(2))));
  await more();
  // Bun's server on the Unix socket, the last one, knows nobody's address.
  const headers = { "X-Forwarded-For": "192.0.2.1" };
  const forwarded = await fetch(`http://127.0.0.1:${port}/forwarded`, { headers });
  expect(await forwarded.text()).toBe("192.0.2.1");
  first.signal("SIGTERM");
  expect(await first.exited).toMatchObject({ code: 0 });
  const second = await start("v1");
  await more();
  second.signal("SIGKILL");
  await second.exited;
  const third = await start("v2");
  await more();
  third.signal("SIGUSR2");
  const line = await third.waitForLog(/Handed over to process \d+/);
  const pid = Number(/process (\d+)/.exec(line)?.[1]);
  await untilGone([third.pid], 20_000);
  await more();
  const results = await Promise.all(loads.map((it) => it.stop()));
  for (const result of results) {
    expectNoLoss(result);
    expect(result.versions).toEqual(["v0", "v1", "v2"]);
  }
  process.kill(pid, "SIGTERM");
  await untilGone([pid], 20_000);
});

test.each<[Record<string, string>, RegExp]>([
  [{}, /no listening sockets were passed \(LISTEN_FDS is not set\): start it by a \.socket unit/],
  [{ LISTEN_FDS: "1" }, /\(LISTEN_PID is not set\)/],
  [{ LISTEN_FDS: "1", LISTEN_PID: "1" }, /the sockets are for process 1 \(LISTEN_PID\)/],
])("with %j in the environment there is none, exit code 2", async (env, words) => {
  const refused = await runPounce({ config: CONFIG, env });
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(words);
});

test.each<[string, string, number, RegExp]>([
  [
    "one that does not listen",
    CONFIG,
    3,
    /WARN.*not all that was passed is served: descriptor 5 is no socket that listens/,
  ],
  [
    "those that the configuration does not want",
    'app = "./app.ts"\nport = 0\nworkers = 1',
    2,
    /WARN.*2 listening socket.*nobody serves: set socket_activation = true \(127\.0\.0\.1:\d+, unix:/,
  ],
])("of what was passed, the log names %s", async (_, config, count, words) => {
  const server = await start("v0", config, count);
  await server.waitForLog(words);
  server.signal("SIGTERM");
  expect(await server.exited).toMatchObject({ code: 0 });
});
