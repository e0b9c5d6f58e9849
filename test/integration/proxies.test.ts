// What an app and the log get to know of a client behind proxies, and of a trace: on Bun's own path
// and on node:http.
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ask } from "../helpers/requests.ts";
import { type ServerProcess, startPounce, stopAllServers, tomlOf } from "../helpers/server.ts";
import { until } from "../helpers/until.ts";

setDefaultTimeout(30_000);
afterAll(stopAllServers);

const APPS = {
  "Bun's own path": `
export default { fetch(request) {
  if (request.url.endsWith("/throw")) throw new Error("thrown");
  return Response.json(Object.fromEntries(request.headers));
} };`,
  "node:http": `
import { createServer } from "node:http";
createServer((request, response) => {
  if (request.url === "/throw") throw new Error("thrown");
  const raw = request.rawHeaders.filter((_, at) => at % 2 === 0).map((it) => it.toLowerCase());
  response.setHeader("content-type", "application/json");
  const distinct = Object.keys(request.headersDistinct).join();
  const rawId = request.rawHeaders[2 * raw.indexOf("x-request-id") + 1];
  response.end(JSON.stringify({ ...request.headers, raw: raw.join(), distinct, rawId }));
}).listen(process.env.PORT);`,
};

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";
const SENT = {
  "X-Forwarded-For": "6.6.6.6, 203.0.113.7",
  "X-Forwarded-Proto": "https",
  "X-Forwarded-User": "ann",
  "X-Real-IP": "6.6.6.6",
  Forwarded: "for=6.6.6.6",
  "X-Request-ID": "claimed",
  traceparent: `00-${TRACE}-${SPAN}-01`,
};

type Found = Record<string, string>;

async function found(server: ServerProcess): Promise<Found> {
  const { body } = await ask(server, { path: "/", headers: SENT });
  return JSON.parse(body.toString()) as Found;
}

const OWN = new Set(["traceparent", "x-request-id"]);
const NAMES = new Set(Object.keys(SENT).map((name) => name.toLowerCase()));

/** What an app sees of it, by the names of the headers. */
function seen(headers: Found): Found {
  const known = Object.entries(headers).filter(([name]) => NAMES.has(name));
  return Object.fromEntries(known.filter(([name]) => !OWN.has(name)));
}

describe.concurrent.each(Object.entries(APPS))("on %s", (name, app) => {
  test("a stranger's word about a client is not passed on, a trusted proxy's is, and logged", async () => {
    const base = {
      workers: 1,
      request_id: true,
      log: { format: "json", access: "access.log", access_format: "json" },
    };
    await using server = await startPounce({
      config: { ...base, trusted_proxies: ["127.0.0.1"] },
      app,
    });
    const turnTo = async (config: Record<string, unknown>): Promise<void> => {
      await server.write("pounce.toml", tomlOf({ ...base, ...config }));
      await server.steer();
    };
    const entries = (): Found[] => {
      const text = readFileSync(join(server.dir, "access.log"), "utf8").trim();
      return text === "" ? [] : text.split("\n").map((line) => JSON.parse(line) as Found);
    };

    const trusted = await found(server);
    expect(seen(trusted)).toEqual({
      "x-forwarded-for": "203.0.113.7",
      "x-forwarded-proto": "https",
      "x-forwarded-user": "ann",
      "x-real-ip": "203.0.113.7",
    });
    await until("an entry", () => entries().length === 1);
    expect(entries()[0]).toMatchObject({
      client: "203.0.113.7",
      trace_id: TRACE,
      span_id: SPAN,
    });
    await ask(server, { path: "/throw", headers: SENT });
    const line = await server.waitForLog(/"event":"app-threw"/);
    expect(JSON.parse(line.slice(line.indexOf("{")))).toMatchObject({
      trace_id: TRACE,
      span_id: SPAN,
      msg: expect.stringContaining(`trace ${TRACE})`),
    });

    await turnTo({ trusted_proxies: ["192.0.2.1"] });
    const stranger = await found(server);
    expect([trusted["x-request-id"], stranger["x-request-id"]]).toEqual([
      "claimed",
      expect.not.stringContaining("claimed") as string,
    ]);
    expect(seen(stranger)).toEqual({});
    if (name === "node:http") {
      expect(stranger["rawId"]).toBe(stranger["x-request-id"] ?? "");
      expect(stranger["raw"]).not.toMatch(/forwarded|real-ip/);
      expect(stranger["distinct"]).toBe([...new Set(stranger["raw"]?.split(","))].join());
    }
    await until("its entry", () => entries().length === 3);
    expect(entries()[2]).toMatchObject({ client: "127.0.0.1", trace_id: TRACE });

    await turnTo({});
    const { "x-forwarded-for": all, forwarded } = await found(server);
    expect([all, forwarded]).toEqual([SENT["X-Forwarded-For"], SENT.Forwarded]);
    await until("its entry", () => entries().length === 4);
    expect(entries()[3]).toMatchObject({ client: "127.0.0.1" });
  });
});
