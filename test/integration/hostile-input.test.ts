// Hostile bytes, each on a connection of its own, all at once to one server: every answer that
// comes, what becomes of the connection, and everything that the app is called with.
import { afterAll, expect, test } from "bun:test";
import type { Exchange } from "../helpers/hostile/exchange.ts";
import { TABLE } from "../helpers/hostile/table.ts";
import { ask } from "../helpers/requests.ts";
import { type ServerProcess, startPounce, stopAllServers } from "../helpers/server.ts";
import { Wire } from "../helpers/wire.ts";

afterAll(stopAllServers);

const WAIT_MS = 15_000;
/** Long enough to see that nothing comes. What comes later, a slow machine hides. */
const NOTHING_MS = 300;
const PROBE = "GET /probe HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

const app = `
const calls = {};
const read = async (request) => {
  try { return await request.text(); } catch { return "!"; }
};
async function fetch(request, server) {
  const target = request.url.slice(request.url.indexOf("/", 7));
  if (target === "/probe") return new Response("");
  if (target === "/calls") return Response.json(calls);
  const id = /^[/]e[0-9]+[.]/.exec(target)?.[0] ?? "unknown";
  const call = request.method + " " + target;
  const note = (body) => (calls[id] ??= []).push(body === "" ? call : call + " " + body);
  if (target.endsWith("/socket")) {
    note("");
    if (server.upgrade(request)) return undefined;
  } else if (target.endsWith("/pending")) {
    note("");
    await new Promise(() => {});
  } else {
    note(target.endsWith("/unread") ? "" : await read(request));
  }
  return new Response("");
}
export default { fetch, websocket: { message() {} } };
`;

const pathOf = (index: number): string => `/e${index}.`;
const statusesOf = (text: string): string =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status).join(" ");

/** Sends it, and tells what came back in the table's words. */
async function answersTo(exchange: Exchange, index: number, port: number): Promise<string> {
  const { sends, byByte, thenCloses, answers } = exchange;
  using wire = await Wire.open({ host: "127.0.0.1", port });
  const parts = [sends].flat().map((part) => part.replaceAll("PATH", pathOf(index)));
  for (const part of byByte === true ? parts.join("") : parts) {
    wire.send(Buffer.from(part, "latin1"));
    if (part !== parts[0]) await Bun.sleep(2);
  }
  if (thenCloses === true) wire.socket.end();
  const statuses = answers.replace(/ ?[a-z]+$/, "");
  const isThere = (): boolean => statusesOf(wire.text).length >= statuses.length;
  const isEnded = (ms: number): Promise<boolean> =>
    Promise.race([wire.ended.then(() => true), Bun.sleep(ms).then(() => false)]);
  if (answers.endsWith("waits")) {
    await wire.until(isThere, WAIT_MS);
    const end = (await isEnded(NOTHING_MS)) ? "closed" : "waits";
    return `${statusesOf(wire.text)} ${end}`.trim();
  }
  if (answers.endsWith("open")) {
    await wire.until(isThere, WAIT_MS);
    wire.send(PROBE);
  }
  if (!(await isEnded(WAIT_MS))) return `${statusesOf(wire.text)} never ends`.trim();
  const all = statusesOf(wire.text);
  return answers.endsWith("open") ? all.replace(/ ?200$/, " open").trim() : `${all} closed`.trim();
}

/** What the app was called with, by the path of each exchange; asked until it is as expected. */
async function callsOf({ port }: ServerProcess, expected: unknown) {
  for (let tries = 0; ; tries++) {
    const calls = JSON.parse((await ask({ port }, "/calls")).text) as Record<string, string[]>;
    if (tries > 50 || Bun.deepEquals(calls, expected)) return calls;
    await Bun.sleep(50);
  }
}

test("each hostile exchange ends as the table has it, and no request is served that was not sent", async () => {
  await using server = await startPounce({ app, config: { workers: 1 } });
  const ended = await Promise.all(
    TABLE.map(async (exchange, index) => ({
      sends: exchange.sends,
      expected: exchange.answers,
      got: await answersTo(exchange, index, server.port).catch(String),
    })),
  );
  expect(ended.filter(({ expected, got }) => expected !== got)).toEqual([]);
  const wanted = Object.fromEntries(
    TABLE.map(({ calls }, index) => [
      pathOf(index),
      calls.map((it) => it.replaceAll("PATH", pathOf(index))),
    ]).filter(([, calls]) => (calls?.length ?? 0) > 0),
  );
  expect(await callsOf(server, wanted)).toEqual(wanted);
  expect(TABLE.length).toBeGreaterThan(200);
  expect(server.logs.text()).not.toContain("[ERROR]");
}, 60_000);
