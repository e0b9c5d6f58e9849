// Hostile input to what pounce does itself beside the app: logs, health check, request ids, the
// metrics port.
import { afterAll, expect, test } from "bun:test";
import { join } from "node:path";
import { attack } from "../helpers/hostile/attack.ts";
import { Random } from "../helpers/hostile/random.ts";
import { freePort } from "../helpers/ports.ts";
import { ask, RawSocket, readReply, type Reply } from "../helpers/requests.ts";
import { startPounce, stopAllServers } from "../helpers/server.ts";

afterAll(stopAllServers);

const SEED = Date.now() % 1_000_000;
const WAIT_MS = 15_000;

/** Right-to-left override, a control of terminals (as one character), and a line separator. */
const UNSEEN = Buffer.from("\u202e\u009b2J\u2028").toString("latin1");
const TARGETS = [
  "/throw%0a%0d[INFO]%20forged%1b[2J",
  `/throw${UNSEEN}`,
  "/throw\u009b2J\u00ff",
  '/throw"\\',
  '/x"\\\u00ff',
];
const FIELDS = [
  `User-Agent: u${UNSEEN}"\\\u00ff`,
  `Referer: http://r/${UNSEEN}"`,
  'X-Request-Id: forged"\\',
  'X-Forwarded-For: fe80::1%"\u009b2J, "x": "y", ::1%"',
];

/** Answers, and how often the app was called. The error has all that the client has sent. */
const app = `
let calls = 0;
export default (request) => {
  if (request.url.endsWith("/calls")) return new Response(String(calls));
  calls++;
  if (request.url.includes("/throw")) {
    throw new Error("on purpose: " + request.url + request.headers.get("user-agent"));
  }
  return new Response(request.url);
};
`;

async function answer(port: number, method: string, target: string, fields = ""): Promise<Reply> {
  using socket = await RawSocket.connect("127.0.0.1", port);
  socket.send(Buffer.from(`${method} ${target} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`, "latin1"));
  return await readReply(socket, performance.now() + WAIT_MS, method);
}

test.concurrent.each(["combined", "json"])(
  "nothing that a client sends forges a line of a log, or acts on a terminal: %s",
  async (format) => {
    const config = {
      workers: 1,
      request_id: true,
      trusted_proxies: ["127.0.0.1"],
      log: { access: "access.log", access_format: format },
    };
    await using server = await startPounce({ app, config });
    const fields = `${FIELDS.join("\r\n")}\r\n`;
    for (const target of TARGETS) {
      const { status, headers } = await answer(server.port, "GET", target, fields);
      expect([200, 500]).toContain(status);
      expect(headers.get("x-request-id")).toMatch(/^[\da-f-]{36}$/);
    }
    await server.stop();
    const access = await Bun.file(join(server.dir, "access.log")).text();
    const lines = access.split("\n").slice(0, -1);
    expect(lines).toHaveLength(TARGETS.length);
    const isOwn = format === "json" ? isEntry : isCombined;
    expect(lines.filter((line) => !isOwn(line))).toEqual([]);
    const log = server.logs.lines.map(({ text }) => text);
    expect(log.filter((line) => !isSeen(line))).toEqual([]);
    expect(log.filter((line) => / \[ERROR\] /.test(line))).toHaveLength(4);
    const begins = /^(\S+ \[(INFO|WARN|ERROR)\] | {4})/;
    expect(log.filter((line) => !begins.test(line))).toEqual([]);
  },
  30_000,
);

/** No control, line end, or change of the writing direction. */
const isSeen = (line: string): boolean => !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(line);

function isCombined(line: string): boolean {
  return isSeen(line) && /^127\.0\.0\.1 - - \[[^\]]+\] "(?:[^"\\]|\\.)+" \d+ \d+/.test(line);
}

function isEntry(line: string): boolean {
  const { event, client } = JSON.parse(line) as { event: string; client: string };
  return isSeen(line) && event === "request" && client === "127.0.0.1";
}

test.concurrent(
  "health has one path and two methods, and the metrics port outlives mutated requests",
  async () => {
    const metrics = { port: freePort(), path: "/metrics" };
    const config = { workers: 1, health_check_path: "/health", metrics };
    await using server = await startPounce({ app, config });
    const { port } = server;
    const healthy = ["/health", "/health?x", "/health?/../x", "http://b/health"];
    for (const target of healthy) {
      expect((await answer(port, "GET", target)).text).toContain('"status":"ok"');
    }
    expect(await answer(port, "HEAD", "/health")).toMatchObject({ status: 200, text: "" });
    expect((await ask({ port }, "/calls")).text).toBe("0");
    const others = [
      "/health/",
      "//health",
      "/health//",
      "/Health",
      "/%68ealth",
      "/health%2f",
      "/health%00",
      "/health;x",
      "/health\\",
      "/./health",
      "/x/../health",
      "/health#x",
    ];
    for (const target of others) {
      expect((await answer(port, "GET", target)).text).toStartWith("http://a/");
    }
    const methods = ["POST", "DELETE", "OPTIONS", "TRACE", "PROPFIND"];
    for (const method of methods) await answer(port, method, "/health");
    const calls = others.length + methods.length;
    expect((await ask({ port }, "/calls")).text).toBe(`${calls}`);

    const before = await ask({ port: metrics.port }, "/metrics");
    expect(before.status).toBe(200);
    console.log(`seed of the mutations: ${SEED}`);
    const limits = { requests: 500, width: 30, untilMs: performance.now() + 2000, from: 0 };
    const hurt = await attack({ port: metrics.port, random: new Random(SEED), ...limits });
    expect(hurt.statuses["500"]).toBeUndefined();
    expect((await ask({ port: metrics.port }, "/metrics")).status).toBe(200);
    expect(server.isRunning()).toBe(true);
    expect(server.logs.text()).not.toMatch(/\[(ERROR|WARN)\]/);
  },
  30_000,
);
