// nginx and HAProxy in front of a server on a Unix socket, as the manual has them, over reloads and
// the crash of a worker under load: no client of theirs loses anything at a reload.
// packages: nginx-light, haproxy
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { honoApp } from "../helpers/fixtures.ts";
import { startHaproxy } from "../helpers/haproxy.ts";
import { describeResult, expectNoLoss, startLoad } from "../helpers/load.ts";
import { startNginx } from "../helpers/nginx.ts";
import { type ServerProcess, startPounce, stopAllServers } from "../helpers/server.ts";

setDefaultTimeout(120_000);
afterAll(stopAllServers);

const CONFIG = `
  app = "./app.ts"
  uds = "app.sock"
  uds_permissions = "666"
  workers = 2
`;
const RELOADS = 4;
const NGINX = `
  proxy_set_header Host $host;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
`;

interface Proxy {
  readonly port: number;
  [Symbol.asyncDispose](): Promise<void>;
}

test.each<[string, (server: ServerProcess) => Promise<Proxy>]>([
  ["nginx", (server) => startNginx(server, NGINX)],
  ["HAProxy", (server) => startHaproxy(server, "option forwardfor")],
])("%s loses nothing while pounce reloads behind it", async (name, startProxy) => {
  await using server = await startPounce({ config: CONFIG });
  await using proxy = await startProxy(server);
  const modes = ["connect", "connect-close", "keep-alive", "think-time", "post"] as const;
  const load = startLoad({ port: proxy.port, modes, clients: 30, keepAliveMs: 3000 });
  await load.untilMore(5);
  for (let reload = 1; reload <= RELOADS; reload++) {
    await server.writeApp(honoApp(`v${reload}`));
    await server.reload(40_000);
    await load.untilMore(3);
  }
  const result = await load.stop();
  console.log(`${name}: ${describeResult(result)}`);
  expectNoLoss(result);
  expect(result.versions).toContain(`v${RELOADS}`);
});
