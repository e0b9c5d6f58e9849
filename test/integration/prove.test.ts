// pounce prove, as a process: it finds the losses of a naive server, none in pounce, and leaves
// nothing behind.
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { finished } from "../helpers/finished.ts";
import { TAG, taggedProcesses, untilGone } from "../helpers/processes.ts";
import { pounceBinary, startControlled, stopAllServers } from "../helpers/server.ts";

// A busy machine may take its time.
setDefaultTimeout(30_000);

const APP = `export default {
  fetch(request) {
    if (request.method === "POST") console.log("WRITTEN");
    return new Response("hello");
  },
};
`;
const NAIVE = fileURLToPath(new URL("../helpers/naive-server.ts", import.meta.url));
/** Enough to be sure that each mode has had its answers, and little work for a busy machine. */
const GENTLE = ["--rate", "300", "--modes", "connection,keep-alive"];

const dir = mkdtempSync(join(tmpdir(), "pounce-prove-"));
writeFileSync(join(dir, "app.ts"), APP);
writeFileSync(join(dir, "package.json"), "{}");
/** No server that is proven may be asked through it. */
const proxy = Bun.serve({ port: 0, fetch: () => new Response("", { status: 502 }) });
afterAll(async () => {
  await stopAllServers();
  await proxy.stop(true);
  rmSync(dir, { recursive: true });
});

/** `pounce prove` in the folder of the app, and where no server is found. */
function start(tag: string, argv: readonly string[], more: Record<string, string> = {}) {
  const own = { PATH: process.env["PATH"], PWD: dir, RUNTIME_DIRECTORY: dir, [TAG]: tag };
  const env = { ...own, HTTP_PROXY: proxy.url.href, http_proxy: proxy.url.href, ...more };
  return Bun.spawn([pounceBinary(), "prove", ...argv], {
    cwd: dir,
    env,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
}

/** Runs it to its end, after which none of its processes may be left. */
async function prove(...argv: string[]) {
  const tag = crypto.randomUUID();
  const result = await finished(start(tag, argv));
  await untilGone(taggedProcesses(tag), 10_000);
  return result;
}

test.concurrent(
  "in pounce nothing is lost, a bad version is rejected, and the app's own file stays as it is",
  async () => {
    const { code, stdout } = await prove(
      "./app.ts",
      "--bad",
      "--reloads=1",
      ...GENTLE,
      "--seed=7",
      "--json",
    );
    const { ok, servers } = JSON.parse(stdout);
    expect(servers[0]).toMatchObject({
      name: "pounce ./app.ts",
      lost: 0,
      seed: 7,
      modes: [{ mode: "connection" }, { mode: "keep-alive" }],
      reloads: [
        { version: "good", outcome: "completed" },
        { version: "does not parse", outcome: "rejected" },
      ],
    });
    expect([ok, code]).toEqual([true, 0]);
    for (const { requests } of servers[0].modes) expect(requests).toBeGreaterThan(0);
    expect(readFileSync(join(dir, "app.ts"), "utf8")).toBe(APP);
  },
  60_000,
);

test.concurrent(
  "in a naive server it finds losses, and says into which reload they fell",
  async () => {
    const compare = `exec ${process.execPath} ${NAIVE} ./app.ts 2 --port=$PORT`;
    const { code, stdout } = await prove(
      `--compare=${compare}`,
      "--reload=kill -HUP $PID",
      "--settle=500ms",
      "--reloads=1",
      "--modes=connection,silent",
    );
    expect(stdout).toMatch(/^(connection|silent) +\d+ +[1-9]\d* .* (reset|cut|refused)/m);
    expect(stdout).toMatch(/^ {2}\d\.\d\d s, \S+ after reload 1 (began|had ended), \w+: /m);
    expect(stdout).toMatch(/^Lost: [\d,]+ requests? of [\d,]+ over 1 reload$/m);
    expect(code).toBe(1);
  },
  60_000,
);

test.concurrent(
  "a running server gets reloads and nothing that writes",
  async () => {
    await using server = await startControlled({ app: APP });
    const child = start("", ["--attach", "--reloads=1", ...GENTLE], {
      RUNTIME_DIRECTORY: server.dir,
    });
    const { code, stdout } = await finished(child);
    expect(stdout).toMatch(/^pounce, process \d+ on http:\/\/127.0.0.1:\d+: 1 reload under load$/m);
    expect(stdout).toMatch(/^The load is real: .*, 300\/s$/m);
    expect(stdout).toMatch(/^Proven: none of [\d,]+ requests in \d modes was lost over 1 reload$/m);
    expect(code).toBe(0);
    expect(server.logs.matching("Graceful reload complete")).toHaveLength(1);
    expect(server.logs.matching("WRITTEN")).toHaveLength(0);
    expect(server.isRunning()).toBe(true);
  },
  60_000,
);

test.concurrent(
  "what it has started ends with it, even if it is killed",
  async () => {
    const [tag, folder] = [crypto.randomUUID(), join(dir, "of-the-killed")];
    mkdirSync(folder);
    const argv = ["./app.ts", "--reloads=100", ...GENTLE];
    const child = start(tag, argv, { TMPDIR: folder });
    await child.stdout.getReader().read();
    expect(readdirSync(folder)).toHaveLength(1);
    child.kill("SIGKILL");
    await child.exited;
    await untilGone(taggedProcesses(tag), 20_000);
    expect(readdirSync(folder)).toEqual([]);
  },
  60_000,
);

test.concurrent(
  "a signal ends it with the code of that signal, and all that it has started",
  async () => {
    const tag = crypto.randomUUID();
    const child = start(tag, ["./app.ts", "--reloads=100", ...GENTLE]);
    await child.stdout.getReader().read();
    child.kill("SIGTERM");
    expect(await child.exited).toBe(143);
    await untilGone(taggedProcesses(tag), 10_000);
  },
  60_000,
);

test.concurrent.each([
  [2, ["--reloads", "none"], "--reloads: expected a whole number from 1 to 1000"],
  [2, ["./app.ts", "--attach"], '"./app.ts": it configures a server, and --attach starts none'],
  [2, ["./app.ts", "--workers", "0"], "--workers: expected"],
  [2, ["--bad", "--config", "none.toml"], "none.toml"],
  [4, ["--attach"], "No running server was found"],
  [1, ["./none.ts"], "the server did not start: it ended with exit code 1"],
  [1, ["--compare", "exit 3", "--reload", "true"], "the command ended with exit code 3 before"],
] as const)("exit code %d: %p", async (expected, argv, words) => {
  const { code, stderr } = await prove(...argv);
  expect(stderr).toContain(words);
  expect(code).toBe(expected);
});
