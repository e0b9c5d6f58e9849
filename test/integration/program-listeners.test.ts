// What a program opens besides its HTTP server, over a reload; and programs that open nothing else.
import { afterAll, describe, expect, test } from "bun:test";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { freePort } from "../helpers/ports.ts";
import { ask } from "../helpers/requests.ts";
import { runPounce, type ServerProcess, startPounce, stopAllServers } from "../helpers/server.ts";
import { until } from "../helpers/until.ts";

afterAll(stopAllServers);

const HTTP = `import http from "node:http";
http.createServer((_, response) => response.end("hello from v0")).listen(3000);`;

function besides(own: number): string {
  return `import net from "node:net";
import dgram from "node:dgram";
${HTTP}
net.createServer((socket) => socket.end("v0 " + process.pid)).listen(${own}, "127.0.0.1");
const udp = dgram.createSocket("udp4");
udp.on("message", (_, { port }) => udp.send("v0 " + process.pid, port, "127.0.0.1"));
udp.bind(${own}, "127.0.0.1");`;
}

function overTcp(port: number): Promise<string> {
  return text(connect({ host: "127.0.0.1", port }));
}

async function overUdp(port: number): Promise<string> {
  const socket = createSocket("udp4");
  socket.send("hello", port, "127.0.0.1");
  const [answer] = (await once(socket, "message")) as [Buffer];
  socket.close();
  return answer.toString();
}

/** Asks until both workers of a version, and no others, have answered. */
async function untilBothAnswer(
  server: ServerProcess,
  own: number,
  how: typeof overTcp,
): Promise<void> {
  const pids = server.workers().map(({ pid }) => pid);
  const seen = new Set<string>();
  await until(`answers of ${pids.join()}`, async () => {
    seen.add(await how(own));
    return pids.every((pid) => [...seen].some((answer) => answer.endsWith(` ${pid}`)));
  });
}

test.concurrent(
  "all workers share its TCP and UDP ports, also with those of a reload",
  async () => {
    const own = freePort();
    const app = besides(own);
    await using server = await startPounce({ app });
    for (const how of [overTcp, overUdp]) await untilBothAnswer(server, own, how);
    await server.waitForLog("UDP port");
    const told = server.logs.matching(/also opens (UDP )?port \d+ itself/);
    expect(told.map((line) => line.includes(`UDP port ${own}`))).toEqual([false, true]);
    await server.writeApp(app.replaceAll("v0", "v1"));
    await server.reload();
    for (const how of [overTcp, overUdp]) {
      expect(await how(own)).toStartWith("v1 ");
      await untilBothAnswer(server, own, how);
    }
  },
  60_000,
);

test.concurrent(
  "a path is for one process: a second worker is refused, with the path and what to do",
  async () => {
    const app = `import net from "node:net";\nnet.createServer().listen("own.sock");\n${HTTP}`;
    const run = await runPounce({ app });
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/opens the Unix socket own\.sock itself, in each worker, and only/);
    expect(run.stderr).toMatch(/app\.ts:2:\d+/);
  },
  60_000,
);

test.concurrent(
  "a program that tries whether its port is free finds it free, at a reload too",
  async () => {
    const app = `import { once } from "node:events";
import http from "node:http";
import net from "node:net";
const wanted = Number(process.env.PORT);
const tried = net.createServer().listen(wanted);
await once(tried, "listening");
const { port } = tried.address();
tried.close();
await once(tried, "close");
http.createServer((_, response) => response.end("v0 " + (port === wanted))).listen(port);`;
    await using server = await startPounce({ app, config: { port: freePort() } });
    expect((await ask(server, "/")).text).toBe("v0 true");
    await server.writeApp(app.replace("v0", "v1"));
    await server.reload();
    expect((await ask(server, "/")).text).toBe("v1 true");
  },
  60_000,
);

describe("a program that tries whether its port is free with a server, and stops that, is served:", () => {
  const cases: [how: string, source: string][] = [
    [
      "with node:http",
      `import http from "node:http";
const listen = () => http.createServer((_, response) => response.end("v0")).listen(3000);
const tried = http.createServer().listen(3000, () => tried.close(listen));`,
    ],
    [
      "with Bun.serve",
      `const tried = Bun.serve({ fetch: () => new Response("tried") });
await tried.stop();
Bun.serve({ fetch: () => new Response("v0") });`,
    ],
    [
      "with node:net, while nothing is awaited",
      `import http from "node:http";
import net from "node:net";
const { PORT } = process.env;
const listen = () => http.createServer((_, response) => response.end("v0")).listen(PORT);
const tried = net.createServer().listen(PORT, () => tried.close(() => setTimeout(listen, 20)));`,
    ],
  ];
  for (const [how, app] of cases) {
    const check = async (): Promise<void> => {
      await using server = await startPounce({ app, config: { port: freePort(), workers: 1 } });
      expect((await ask(server, "/")).text).toBe("v0");
    };
    test.concurrent(how, check, 60_000);
  }
});

describe("a program is refused at once, by what it listens with, whose only server is", () => {
  const cases: [kind: string, source: string][] = [
    ["node:http2", 'import http2 from "node:http2"; http2.createServer().listen(0);'],
    [
      "node:http2",
      'import http2 from "node:http2"; http2.createServer().listen(process.env.PORT);',
    ],
    ["node:http2", 'import http2 from "node:http2"; export default http2.createSecureServer();'],
    ["node:net", 'import net from "node:net"; net.createServer().listen(0);'],
    ["Bun.listen", "Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } });"],
    [
      "node:dgram",
      `import dgram from "node:dgram"; dgram.createSocket("udp4").bind(${freePort()});`,
    ],
  ];
  for (const [index, [kind, app]] of cases.entries()) {
    const check = async (): Promise<void> => {
      const run = await runPounce({ app, config: { port: freePort(), startup_timeout: 30 } });
      expect(run.code).toBe(1);
      expect(run.stderr).toContain(`app ./app.ts: its only server is one of ${kind}, on `);
      expect(run.stderr).toContain("node:http");
    };
    test.concurrent(`${kind} (${index})`, check, 60_000);
  }
});

describe("PORT and HOST say where pounce listens,", () => {
  const app = `const { PORT, HOST } = process.env;
Bun.serve({ port: PORT, fetch: () => new Response(HOST + ":" + PORT) });`;

  test.concurrent(
    "whatever the environment says",
    async () => {
      const port = freePort();
      const config = { port, env: { PORT: "1", HOST: "elsewhere" } };
      await using server = await startPounce({ app, config });
      expect((await ask(server, "/")).text).toBe(`127.0.0.1:${port}`);
    },
    60_000,
  );

  test.concurrent(
    "and with port 0, which one from the first reload on",
    async () => {
      await using server = await startPounce({ app, config: { workers: 1 } });
      expect((await ask(server, "/")).text).toBe("127.0.0.1:0");
      await server.reload();
      expect((await ask(server, "/")).text).toBe(`127.0.0.1:${server.port}`);
    },
    60_000,
  );
});
