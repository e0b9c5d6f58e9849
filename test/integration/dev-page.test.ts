// `pounce dev` shows what is wrong with an app to whoever asks, and serves on.
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { ask } from "../helpers/requests.ts";
import { type ServerProcess, startPounce, stopAllServers } from "../helpers/server.ts";

// A busy machine may take its time.
setDefaultTimeout(30_000);

afterAll(stopAllServers);

const BROKEN = 'export default {\n  fetch() {\n    return new Response("v1" +;\n  },\n};\n';
const THROWS = `
export default {
  fetch(request) {
    if (request.method === "POST") return undefined;
    throw new TypeError("no user <b>7</b>", { cause: new Error("the table is empty") });
  },
};`;
const BROWSER = { accept: "text/html,*/*;q=0.8", "sec-fetch-dest": "document" };
const EVENTS = "/_pounce/events";

function startDev(app: string, args: string[] = []): Promise<ServerProcess> {
  const config = { workers: 1, health_check_path: "/health" };
  const argv = ["dev", "--config", "pounce.toml", ...args];
  return startPounce({ app, config, argv });
}

/** The events of the server: what the page in a browser waits for. */
async function follow(server: ServerProcess) {
  const { body } = await fetch(`http://127.0.0.1:${server.port}${EVENTS}`);
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  const first = new TextDecoder().decode((await reader.read()).value);
  const untilEnd = async (): Promise<void> => {
    while (!(await reader.read()).done);
  };
  const ended = untilEnd();
  // Nobody may be waiting for it when the server is ended.
  ended.catch(() => undefined);
  return { version: /^data: (.+)$/m.exec(first)?.[1], ended };
}

describe.concurrent("pounce dev:", () => {
  test("an app that is broken at the start is a page, and mended it serves", async () => {
    await using server = await startDev(BROKEN);
    const page = await ask(server, { path: "/any", headers: BROWSER });
    expect([page.status, page.headers.get("content-type")]).toEqual([
      500,
      "text/html; charset=utf-8",
    ]);
    expect(page.text).toContain("Unexpected ;");
    const text = await ask(server, { path: "/any", method: "POST", body: "x" });
    expect(text.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(text.text).toContain("app.ts:3:31");
    const health = await ask(server, "/health");
    expect([health.status, JSON.parse(health.text).status]).toEqual([503, "failed"]);
    const log = server.logs.messages().filter((line) => line.includes("Unexpected ;"));
    expect(log).toHaveLength(1);

    const { version, ended } = await follow(server);
    expect(page.text).toContain(`data-version="${version}"`);
    const after = server.logs.mark();
    await server.writeApp('export default { fetch: () => new Response("mended") };');
    server.hup();
    await ended;
    expect((await ask(server, "/any")).text).toBe("mended");
    expect((await follow(server)).version).not.toBe(version);
    expect(server.logs.messages(after).join("\n")).not.toContain("[ERROR]");
  }, 60_000);

  test("an app that ends its process as it loads is a page that shows where", async () => {
    await using server = await startDev("const code = 3;\nprocess.exit(code);\n");
    const { status, text } = await ask(server, "/");
    expect(status).toBe(500);
    expect(text).toContain("./app.ts ended its process while it was loaded");
    expect(text).toContain("2 | process.exit(code);");
    expect(text).toContain("what to do: look at what it has printed");
  }, 60_000);

  test("an error in a request is shown with its code and its cause", async () => {
    await using server = await startDev(THROWS);
    const page = await ask(server, { path: "/user?id=7", headers: BROWSER });
    expect(page.status).toBe(500);
    expect(page.text).toContain("no user &lt;b&gt;7&lt;/b&gt;");
    expect(page.text).toContain("the table is empty");
    expect(page.text).not.toContain("<b>7");
    const json = await ask(server, { path: "/", headers: { accept: "application/json" } });
    expect(JSON.parse(json.text)).toMatchObject({ error: "TypeError: no user <b>7</b>" });
    const nothing = await ask(server, { path: "/", method: "POST", body: "" });
    expect(nothing.text).toContain("POST /: the app's fetch returned undefined");
    const url = `http://127.0.0.1:${server.port}/`;
    const foreign = await (await fetch(url, { headers: { host: "evil.example" } })).text();
    expect(foreign).toContain("shows details only under");
    expect(foreign).not.toContain("no user");
    expect((await ask(server, "/health")).status).toBe(200);
  }, 60_000);

  test("serve tells a client no details, and has no events", async () => {
    await using server = await startPounce({ app: THROWS, config: { workers: 1 } });
    for (const path of ["/", EVENTS]) {
      const { status, text } = await ask(server, { path, headers: BROWSER });
      expect([status, text]).toEqual([500, '{"title":"Internal Server Error","status":500}']);
    }
  }, 60_000);
});
