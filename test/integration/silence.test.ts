// New versions that answer nobody, stand still, or break their answers off: each is rolled back,
// and the reason says what it was.
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { pounce, type ServerProcess, startControlled, stopAllServers } from "../helpers/server.ts";

setDefaultTimeout(30_000);
afterAll(stopAllServers);

const app = (body: string): string => `export default { async fetch() { ${body} } };\n`;
const GOOD = app('return new Response("ok");');
const NEVER = app("await new Promise(() => {});");
const SPINS = app("for (;;);");
const BREAKS = app(`
  let chunks = 0;
  return new Response(new ReadableStream({
    async pull(controller) {
      if (chunks++ > 0) throw new Error("broken");
      controller.enqueue("x");
      await Bun.sleep(1);
    },
  }));`);

const config = {
  control_socket: "control.sock",
  reload_timeout: 1,
  rollout: { canary: 0.5, canary_duration: "10s", min_requests: 6 },
};

/** Asks on a new connection each 50 ms, whatever becomes of it, until the end. */
function askOften(port: number): AsyncDisposable {
  const end = new AbortController();
  const asked: Promise<unknown>[] = [];
  const timer = setInterval(() => {
    const options = { headers: { connection: "close" }, signal: end.signal };
    const answer = fetch(`http://127.0.0.1:${port}/`, options);
    asked.push(answer.then((response) => response.text()).catch(() => undefined));
  }, 50);
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      end.abort();
      await Promise.all(asked);
    },
  };
}

/** Why the command says that a version was rolled back. */
async function reloadTo(server: ServerProcess, source: string): Promise<string> {
  await server.writeApp(source);
  const { code, stderr } = await pounce(server, "reload");
  expect(code).toBe(1);
  return stderr;
}

const start = (): Promise<ServerProcess> => startControlled({ app: GOOD, config });

describe.concurrent("a new version is rolled back", () => {
  test("that never answers, however patient its clients are", async () => {
    await using server = await start();
    await using _ = askOften(server.port);
    expect(await reloadTo(server, NEVER)).toMatch(
      /was rolled back: 100\.0 % of requests failed, .*: (\d+) of \1 got no answer/,
    );
  });

  test("whose answers break off, or whose workers stand still", async () => {
    await using server = await start();
    await using _ = askOften(server.port);
    expect(await reloadTo(server, BREAKS)).toMatch(/was rolled back: 100\.0 % of requests failed/);
    const unix = join(server.dir, "control.sock");
    const metrics = await (await fetch("http://pounce/metrics", { unix })).text();
    expect(metrics).toMatch(/^pounce_stream_errors_total [1-9]/m);
    expect(await reloadTo(server, SPINS)).toMatch(/was rolled back: .*made? no progress/);
  });
});
