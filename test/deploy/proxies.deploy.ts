// nginx and HAProxy in front of a server on a Unix socket, as the manual has them, over reloads and
// the crash of a worker under load: no client of theirs loses anything at a reload.
// packages: nginx-light, haproxy
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { honoApp } from "../helpers/fixtures.ts";
import { blocksOf } from "../helpers/manual.ts";
import { startHaproxy, startHaproxyWith } from "../helpers/haproxy.ts";
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

const block = (language: string): string =>
  blocksOf(language).find(([at]) => at.startsWith("proxies.md"))?.[1].text ?? "";
const SHOWN = `export default {
  fetch: ({ headers }: Request): Response =>
    Response.json([...headers].filter(([name]) => /^(x-|forwarded|upgrade|connection)/.test(name))),
};`;
const FORGED = {
  "X-Forwarded-For": "192.0.2.1",
  "X-Forwarded-Proto": "https",
  "X-Forwarded-Host": "evil.example",
  "X-Forwarded-Port": "1",
  "X-Real-IP": "192.0.2.1",
  Forwarded: "for=192.0.2.1;proto=https",
};

test.each<[string, (server: ServerProcess) => Promise<Proxy>]>([
  ["nginx", (server) => startNginx(server, "", block("nginx"))],
  ["HAProxy", (server) => startHaproxyWith(server, block("haproxy"))],
])("%s, as the manual has it, passes on nothing that a client makes up", async (_, startProxy) => {
  const config = { workers: 1, trusted_proxies: ["127.0.0.1"] };
  await using server = await startPounce({ app: SHOWN, config });
  await using proxy = await startProxy(server);
  const response = await fetch(`http://127.0.0.1:${proxy.port}/`, { headers: FORGED });
  const seen = new Map((await response.json()) as [string, string][]);
  seen.delete("connection");
  expect(Object.fromEntries(seen)).toEqual({
    "x-forwarded-for": "127.0.0.1",
    "x-forwarded-proto": "http",
  });
});
