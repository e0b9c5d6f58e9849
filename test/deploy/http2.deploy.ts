// HTTP/2 over reloads as other programs see it: Node's client, h2load and nghttp (nghttp2), curl.
// `bun run build`, then `bun scripts/verify-deploy.ts http2`.
// packages: nghttp2-client, curl, nodejs
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { makeCertificate } from "../helpers/certificates.ts";
import { honoApp } from "../helpers/fixtures.ts";
import { startInNode } from "../helpers/http2-in-node.ts";
import { startPounce, stopAllServers } from "../helpers/server.ts";
import type { ServerProcess } from "../helpers/server-process.ts";

setDefaultTimeout(120_000);
afterAll(stopAllServers);

const RELOADS = 10;
/** What is asked at the same time by h2load: what can be handed back at a GOAWAY. */
const STREAMS = { connections: 8, each: 8 };

const { cert, key } = makeCertificate();

function start(isSecure: boolean): Promise<ServerProcess> {
  return startPounce({
    config: isSecure ? { tls: { cert: "a.pem", key: "a.pem" } } : { h2c: true },
    prepare: (dir) =>
      Bun.write(join(dir, "a.pem"), cert + key, { mode: 0o600 }).then(() => undefined),
  });
}

async function run(...command: string[]): Promise<string> {
  const child = Bun.spawn(command, { stdout: "pipe", stderr: "pipe" });
  const [out, error, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (code !== 0) throw new Error(`${command.join(" ")}: exit ${code}: ${error}${out}`);
  return out;
}

/** Of h2load: those that were begun, and those of them that were not answered. */
function countsOf(report: string): { started: number; unanswered: number } {
  const [, started, succeeded] = /(\d+) started, \d+ done, (\d+) succeeded/.exec(report) ?? [];
  return { started: Number(started), unanswered: Number(started) - Number(succeeded) };
}

describe.each([
  ["without TLS (h2c)", false],
  ["over TLS", true],
])("%s", (_, isSecure) => {
  const scheme = isSecure ? "https" : "http";

  test(`Node's client loses nothing over ${RELOADS} reloads`, async () => {
    await using server = await start(isSecure);
    const stop = await startInNode(`${scheme}://127.0.0.1:${server.port}`);
    await Bun.sleep(1000);
    for (let reload = 1; reload <= RELOADS; reload++) {
      await server.writeApp(honoApp(`v${reload}`));
      await server.reload();
    }
    const { requests, repeated, lost, texts } = await stop();
    console.log(`${requests} requests, ${repeated} repeated, ${lost.length} lost`);
    // Without TLS the server hands nothing back: these are requests that Node had not sent yet when
    // the GOAWAY came.
    expect(lost).toEqual([]);
    expect(Object.keys(texts)).toHaveLength(RELOADS + 1);
  });

  // It does not connect again after a GOAWAY: so one run for each reload.
  test("h2load gets an answer to all but what a GOAWAY hands back", async () => {
    await using server = await start(isSecure);
    const load = ["-c", String(STREAMS.connections), "-m", String(STREAMS.each), "-D", "6"];
    const runs = [];
    for (let reload = 0; reload < 5; reload++) {
      const report = run("h2load", ...load, `${scheme}://127.0.0.1:${server.port}/`);
      await Bun.sleep(500);
      await server.reload();
      runs.push(countsOf(await report));
    }
    console.log(runs);
    // Without TLS these are requests that h2load had not sent yet when the GOAWAY came.
    for (const { started, unanswered } of runs) {
      expect(started).toBeGreaterThan(1000);
      expect(unanswered).toBeLessThanOrEqual(STREAMS.connections * STREAMS.each);
    }
  });

  test("whoever connects anew, as curl and nghttp do, gets an answer each time", async () => {
    await using server = await start(isSecure);
    const url = `${scheme}://127.0.0.1:${server.port}/`;
    const version = isSecure ? "--http2" : "--http2-prior-knowledge";
    const state = { isOver: false };
    const repeat = async (ask: () => Promise<string>): Promise<string[]> => {
      const answers: string[] = [];
      while (!state.isOver) answers.push(await ask());
      return answers;
    };
    const asked = [
      repeat(() => run("curl", "-sSk", version, "-w", " %{http_version}", url)),
      repeat(() => run("nghttp", "--no-verify-peer", url)),
    ];
    for (let reload = 1; reload <= 3; reload++) {
      await server.writeApp(honoApp(`v${reload}`));
      await server.reload();
    }
    state.isOver = true;
    const [curl = [], nghttp = []] = await Promise.all(asked);
    console.log(`curl ${curl.length}, nghttp ${nghttp.length}`);
    for (const answer of curl) expect(answer).toMatch(/^hello from v\d 2$/);
    for (const answer of nghttp) expect(answer).toMatch(/^hello from v\d$/);
  });
});
