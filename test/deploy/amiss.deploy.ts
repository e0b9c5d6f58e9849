// What Bun's HTTP parser does against the standards, seen through HAProxy and nginx as the manual
// sets them: their clients do not notice. `bun run verify:deploy amiss`.
// packages: nginx haproxy
import { afterAll, describe, expect, test } from "bun:test";
import { startHaproxyWith } from "../helpers/haproxy.ts";
import { blocksOf } from "../helpers/manual.ts";
import { startNginx } from "../helpers/nginx.ts";
import { startPounce, stopAllServers } from "../helpers/server.ts";
import { Wire } from "../helpers/wire.ts";

afterAll(stopAllServers);

const app = `
async function fetch(request) {
  const body = await request.text();
  if (request.url.endsWith("/pending")) await Bun.sleep(300);
  return new Response(body);
}
const routes = { "/static": new Response("static") };
export default { routes, fetch };
`;

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
const LAST = "GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
const post = (...fields: readonly string[]): string =>
  ["POST /x HTTP/1.1", "Host: a", ...fields].join("\r\n") + "\r\n\r\n";
const TRAILERS = "5\r\nhello\r\n0\r\nX: y\r\n\r\n";
const chunked = post("Transfer-Encoding: chunked") + TRAILERS;

/** What is sent, whether the client closes its side then, and the statuses of all answers. */
const EXCHANGES: readonly [what: string, sends: string[], closes: boolean, statuses: RegExp][] = [
  ["a request behind a pending answer", [get("/pending") + LAST], false, /^200 200$/],
  ["a later one", [get("/pending"), LAST], false, /^200 200$/],
  ["an empty line behind a pending answer", [`${get("/pending")}\r\n`, LAST], false, /^200 200$/],
  ["a client that closes its side", [get("/pending")], true, /^200$/],
  ["an empty line first", [`\r\n${LAST}`], false, /^200$/],
  ["trailers", [chunked + LAST], false, /^200 200$/],
  ["trailers, for a static route", [chunked.replace("/x", "/static") + LAST], false, /^200 200$/],
  ["late trailers", [chunked.slice(0, -8), chunked.slice(-8), LAST], false, /^200 200$/],
  [
    "white space after a chunk's size",
    [chunked.replace("5\r", "5 \r") + LAST],
    false,
    /^(200 200|400)$/,
  ],
  [
    "100-Continue",
    [post("Content-Length: 5", "Expect: 100-Continue"), "hello", LAST],
    false,
    /^100 200 200$/,
  ],
  ["a fragment", [get("/x#y")], false, /^400/],
  ["a backslash", [get("/x\\..\\y")], false, /^400/],
  ["an unknown method", ["FOO /x HTTP/1.1\r\nHost: a\r\n\r\n"], false, /^(40\d|502)/],
];

async function statusesOf(
  port: number,
  sends: readonly string[],
  closes: boolean,
): Promise<string> {
  using wire = await Wire.open({ host: "127.0.0.1", port });
  for (const part of sends) {
    wire.send(part);
    await Bun.sleep(50);
  }
  if (closes) wire.socket.end();
  const answers = (): string =>
    [...wire.text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status).join(" ");
  await Promise.race([wire.ended, Bun.sleep(2000)]);
  return answers();
}

async function through(port: number): Promise<Record<string, string>> {
  const all = EXCHANGES.map(async ([what, sends, closes, expected]) => {
    const statuses = await statusesOf(port, sends, closes);
    return [what, expected.test(statuses) ? "as it should" : statuses] as const;
  });
  return Object.fromEntries(await Promise.all(all));
}

const FINE = Object.fromEntries(EXCHANGES.map(([what]) => [what, "as it should"]));

describe.each(blocksOf("haproxy"))("behind HAProxy as %s", (_, { text }) => {
  test("clients do not notice", async () => {
    await using server = await startPounce({ app, config: { workers: 1 } });
    const sections = text.replace("backend app\n", "$&http-reuse always\n");
    await using proxy = await startHaproxyWith(server, sections);
    expect(await through(proxy.port)).toEqual(FINE);
  }, 30_000);
});

/** The other chapters have parts of a configuration, for other purposes. */
const NGINX = blocksOf("nginx").filter(([at]) => at.startsWith("proxies.md"));

describe.each(NGINX)("behind nginx as %s", (_, { text }) => {
  test("clients do not notice", async () => {
    await using server = await startPounce({ app, config: { workers: 1 } });
    await using proxy = await startNginx(server, "", text);
    expect(await through(proxy.port)).toEqual(FINE);
  }, 30_000);
});
