// Where no two workers can listen on one address: one worker, and a reload with a short gap between
// two listeners. Tested with an executable that takes this Linux for such a system.
import { describe, expect, test } from "bun:test";
import { chmodSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fixture, honoApp } from "../helpers/fixtures.ts";
import { describeResult, expectNoLoss, losses, startLoad } from "../helpers/load.ts";
import { freePort } from "../helpers/ports.ts";
import { useSoloExecutable } from "../helpers/solo.ts";
import { ask, hold, idleConnection, versionsServed } from "../helpers/requests.ts";
import { runPounce, startPounce } from "../helpers/server.ts";
import { Wire } from "../helpers/wire.ts";
import type { ServerProcess } from "../helpers/server-process.ts";

useSoloExecutable();

const FAILED = "[ERROR] Reload failed — continuing with previous version";

const start = (config: Record<string, unknown> = {}) => startPounce({ config });

/** The gaps that the log tells of, in milliseconds. */
const gaps = (server: ServerProcess): number[] =>
  server.logs
    .matching("the address was closed for")
    .map((line) => Number(/for ([\d.]+)ms/.exec(line)?.[1]));

describe.concurrent("one worker serves", () => {
  test("however many are configured, and the log says why and what that means", async () => {
    await using server = await start({ workers: 4 });
    expect(await versionsServed(server)).toEqual(["v0"]);
    expect(server.workers()).toHaveLength(1);
    const log = server.logs.messages().join("\n");
    expect(log).toMatch(
      /^\[WARN\] workers: using 1 instead of 4: on this system only one worker can listen/m,
    );
    expect(log).toMatch(/^\[INFO\] On macOS only one worker serves, .* never on a Mac$/m);
  }, 60_000);

  test("by default, without a warning, and no file is left of its metrics", async () => {
    await using server = await startPounce({
      config: 'app = "./app.ts"\nport = 0\n',
      env: { TMPDIR: "." },
    });
    expect(server.workers()).toHaveLength(1);
    expect(server.logs.matching("[WARN]")).toEqual([]);
    expect(readdirSync(server.dir).filter((name) => name.includes("page"))).toEqual([]);
  }, 60_000);

  test("and what the app starts by process.execPath is Bun", async () => {
    const app =
      'export default () => new Response(Bun.spawnSync([process.execPath, "-p", "1 + 1"]).stdout);';
    await using server = await startPounce({ app });
    expect((await ask(server, "/")).text).toBe("2\n");
  }, 60_000);

  test("and is replaced when it crashes", async () => {
    await using server = await start();
    const [first] = server.workers();
    process.kill(first?.pid ?? 0, "SIGKILL");
    await server.waitForLog(/Worker 1 \(generation 0\) is listening; the address was closed for/);
    expect(await versionsServed(server, 3)).toEqual(["v0"]);
  }, 60_000);
});

describe.concurrent("a reload", () => {
  test("answers every request that was in flight, and then the new code", async () => {
    await using server = await start();
    const held = await Promise.all([1, 2, 3].map(() => hold(server)));
    await server.writeApp(honoApp("v1"));
    await server.steer();
    expect(await versionsServed(server)).toEqual(["v1"]);
    for (const { reply, release } of held) {
      release();
      const { status, text, closes } = await reply;
      expect({ status, closes, text }).toMatchObject({ status: 200, closes: true });
      expect(text).toEndWith("by v0");
    }
    await server.waitForLog('"generation":1,"outcome":"completed"');
    expect(await server.untilWorkers((found) => found.length === 1)).toHaveLength(1);
  }, 60_000);

  test("costs a busy client one request at most, and the port stays the same", async () => {
    await using server = await start();
    const clients = 16;
    const load = startLoad({ port: server.port, modes: ["connect", "keep-alive"], clients });
    await load.untilMore(50);
    for (const version of ["v1", "v2", "v3"]) {
      await server.writeApp(honoApp(version));
      await server.reload();
      await load.untilMore(50);
    }
    const result = await load.stop();
    const lost = losses(result);
    // Whoever has lost one waits for 50 ms: in a longer gap, as on a busy machine, that is one
    // more.
    const most = gaps(server).reduce((sum, ms) => sum + clients * (1 + Math.floor(ms / 50)), 0);
    if (lost > most) throw new Error(describeResult(result));
    expectNoLoss(result, ["refused", "reset", "cut"]);
    expect(result.versions).toEqual(["v0", "v1", "v2", "v3"]);
    console.log(
      `${lost} of ${result.buckets.ok} lost in the gaps of ${gaps(server).join(", ")} ms`,
    );
    expect(Math.max(...gaps(server))).toBeLessThan(2000);
  }, 60_000);

  test("has WebSockets connect again, and loses no stream and no upload", async () => {
    await using server = await start();
    const modes = ["websocket", "slow-upload", "sse"] as const;
    const clients = 12;
    const load = startLoad({ port: server.port, modes, clients });
    await load.untilMore(4);
    await server.writeApp(honoApp("v1"));
    await server.reload();
    await load.untilMore(4);
    const result = await load.stop();
    // A client that happens to ask in the gap is refused, or its connection is closed before it has
    // anything of an answer, one each at most.
    expectNoLoss(result, ["refused", "reset", "cut"]);
    const cut = result.failures.filter(({ bucket, description }) => {
      return bucket === "cut" && !description.includes("after 0 bytes");
    });
    expect(cut).toEqual([]);
    if (losses(result) > clients) throw new Error(describeResult(result));
    expect(result.websocketsClosed).toBeGreaterThan(0);
  }, 60_000);

  test("answers 503 to what is not done at reload_timeout, and names it", async () => {
    await using server = await start({ reload_timeout: 0.5 });
    const { reply } = await hold(server, 10_000);
    await server.writeApp(honoApp("v1"));
    await server.reload();
    const { status, headers } = await reply;
    expect(status).toBe(503);
    expect(headers.get("retry-after")).toBe("1");
    await server.waitForLog(/did not become idle after 500ms .*oldest GET \/hold/);
    await server.waitForLog(/Receipt .*"forced":1,"forced_requests":\[{"worker":0,"method":"GET"/);
  }, 60_000);

  test("replaces a worker whose event loop is blocked", async () => {
    await using server = await start({ reload_timeout: 1 });
    const blocking = ask(server, "/block", 20_000).catch(() => undefined);
    await server.waitForLog("blocking");
    await server.writeApp(honoApp("v1"));
    await server.reload();
    expect(await versionsServed(server, 3)).toEqual(["v1"]);
    expect(server.logs.matching("did not stop listening in time — killed")).toHaveLength(1);
    await blocking;
  }, 60_000);
});

describe.concurrent("at a reload nothing changes, nobody is refused, when the new version", () => {
  for (const name of ["syntax-error", "throws-at-import", "startup-hangs", "exits-at-import"]) {
    test(`has ${name}`, async () => {
      await using server = await start(name === "startup-hangs" ? { startup_timeout: 3 } : {});
      const load = startLoad({
        port: server.port,
        modes: ["connect", "keep-alive"],
        clients: 4,
        gapMs: 20,
      });
      await load.untilMore(20);
      await server.writeApp(fixture(`broken/${name}`));
      expect((await server.reloadThatFails()).at(-1)).toBe(FAILED);
      await load.untilMore(20);
      expectNoLoss(await load.stop());
      expect(gaps(server)).toEqual([]);
      expect(await versionsServed(server, 3)).toEqual(["v0"]);
    }, 60_000);
  }
});

/**
 * A version that has taken, by the time it is loaded, the port that it is to be served on: by a
 * thread, as it would be refused to the program itself.
 */
const thief = (port: number, more = ""): string => `${more}
const listen = 'Bun.listen({ hostname: "127.0.0.1", port: ${port}, socket: { data() {} } });';
const thread = new Worker(URL.createObjectURL(new Blob([listen, "postMessage(1);"])));
await new Promise((resolve) => thread.addEventListener("message", resolve));
${honoApp("v1")}`;

/**
 * Takes a port as soon as it is free, and keeps it for 300 ms, in a process that outlives its own.
 * The turns of the event loop leave no moment in which the worker could be told to listen before
 * that.
 */
const grabber = (port: number): string => `
import { readdirSync, readlinkSync } from "node:fs";
const sockets = () => readdirSync("/proc/self/fd").map(Number).filter((fd) => {
  try { return readlinkSync("/proc/self/fd/" + fd).startsWith("socket:"); } catch { return false; }
});
const grab = () => {
  for (const end = performance.now() + 5; performance.now() < end; ) {
    const before = new Set(sockets());
    try {
      Bun.listen({ hostname: "127.0.0.1", port: ${port}, socket: { data() {} } });
    } catch { continue; }
    const taken = sockets().find((fd) => !before.has(fd));
    Bun.spawn(["sleep", "0.3"], { stdio: [taken, "ignore", "ignore"], detached: true });
    console.log("grabbed");
    return;
  }
  setImmediate(grab);
};
setImmediate(grab);`;

describe.concurrent(
  "the old version listens again, and answers what it has, when the new one",
  () => {
    test("cannot bind its address", async () => {
      const port = freePort();
      await using server = await start();
      const { reply } = await hold(server, 800);
      await server.writeApp(thief(port));
      await server.write("pounce.toml", `app = "./app.ts"\nport = ${port}\n`);
      const lines = await server.reloadThatFails();
      expect(lines.join("\n")).toMatch(
        /^\[ERROR\] Cannot listen on 127\.0\.0\.1:\d+: the address is in use$/m,
      );
      expect(lines.at(-1)).toBe(FAILED);
      await server.waitForLog(/Worker 0 \(generation 0\) is listening; the address was closed for/);
      expect(await versionsServed(server, 3)).toEqual(["v0"]);
      expect((await reply).text).toEndWith("by v0");
      await server.writeApp(honoApp("v2"));
      await server.reload();
      expect((await ask({ port })).text).toBe("hello from v2");
    }, 60_000);

    test("cannot bind, and somebody else has taken the old address meanwhile", async () => {
      const port = freePort();
      await using server = await start();
      await server.writeApp(thief(port, grabber(server.port)));
      await server.write("pounce.toml", `app = "./app.ts"\nport = ${port}\n`);
      await server.reloadThatFails();
      await server.waitForLog("grabbed");
      await server.waitForLog(/has loaded its app but cannot listen; retrying/);
      await server.waitForLog(/Worker 0 \(generation 0\) is listening; the address was closed for/);
      expect(await versionsServed(server, 3)).toEqual(["v0"]);
    }, 60_000);
  },
);

const program = (version: string): string => `import http from "node:http";
  http.createServer((request, response) => {
    if (request.url === "/") return response.end("${version}");
    console.log("asked for", request.url);
    if (request.url === "/slow") setTimeout(() => response.end("${version}"), 1000);
  }).listen(process.env.PORT);`;

const asked = async (server: ServerProcess, path: string): Promise<Wire> => {
  const wire = await Wire.open({ host: "127.0.0.1", port: server.port });
  const after = server.logs.mark();
  wire.get(path);
  await server.waitForLog(`asked for ${path}`, { after });
  return wire;
};

describe.concurrent("a program on node:http", () => {
  test("is reloaded: what is in flight is answered, or gets 503 at the deadline", async () => {
    const config = { reload_timeout: 2 };
    await using server = await startPounce({ app: program("v0"), config });
    using slow = await asked(server, "/slow");
    using never = await asked(server, "/never");
    await server.writeApp(program("v1"));
    await server.steer();
    expect(await versionsServed(server)).toEqual(["v1"]);
    await slow.until(({ isWhole }) => isWhole);
    expect(slow.text).toEndWith("v0");
    await server.waitForLog('"generation":1,"outcome":"completed"');
    await never.until(({ isWhole }) => isWhole);
    expect(never.head).toStartWith("HTTP/1.1 503 ");
  }, 60_000);
});

describe.concurrent("a stop", () => {
  test("by TERM answers what is in flight", async () => {
    await using server = await start();
    const { reply } = await hold(server, 500);
    const exit = server.stop();
    expect((await reply).status).toBe(200);
    expect(await exit).toMatchObject({ code: 0 });
  }, 60_000);

  test("by INT does not wait for idle connections", async () => {
    await using server = await start();
    using _idle = await idleConnection(server);
    server.signal("SIGINT");
    expect(await server.exited).toMatchObject({ code: 0 });
  }, 60_000);

  test("by QUIT waits for nothing", async () => {
    await using server = await start();
    const { reply } = await hold(server, 30_000);
    server.signal("SIGQUIT");
    expect(await server.exited).toMatchObject({ code: 0 });
    await expect(reply).rejects.toThrow();
    await server.untilNothingIsLeft(2000);
  }, 60_000);

  test("of the master by KILL leaves no worker, which first answers what it has", async () => {
    await using server = await start();
    const { reply } = await hold(server, 500);
    server.signal("SIGKILL");
    expect((await reply).status).toBe(200);
    await server.untilNothingIsLeft(5000);
  }, 60_000);
});

test.concurrent(
  "a worker whose event loop is blocked ends as well when its master is killed",
  async () => {
    await using server = await start({ shutdown_timeout: 1 });
    const blocking = ask(server, "/block", 20_000).catch(() => undefined);
    await server.waitForLog("blocking");
    server.signal("SIGKILL");
    await server.untilNothingIsLeft(8000);
    await blocking;
  },
  60_000,
);

describe.concurrent("time", () => {
  test("is not limited for a handler, nor for a quiet stream; idle connections are closed", async () => {
    await using server = await start({ keep_alive_timeout: 1 });
    const startedMs = performance.now();
    using idle = await idleConnection(server);
    const slow = ask(server, "/slow?ms=13000", 20_000);
    const quiet = ask(server, "/sse?quiet=13000", 20_000);
    while (idle.ended === undefined && performance.now() - startedMs < 14_000) await Bun.sleep(50);
    expect(idle.ended?.kind).toBe("closed");
    expect((await slow).text).toBe("slept 13000");
    expect((await quiet).text).toContain("quiet for 13000");
  }, 60_000);
});

test.concurrent(
  "a second server on the address is refused with exit code 3",
  async () => {
    await using server = await start();
    const second = await runPounce({ config: { port: server.port } });
    expect(second.code).toBe(3);
    expect(second.stderr).toContain(
      `127.0.0.1:${server.port}: the address is in use (to see by whom: lsof`,
    );
  },
  60_000,
);

const SMOKE = '#!/bin/sh\necho "$POUNCE_STAGE"\ncurl -sf "$POUNCE_URL/health"\n';

async function withSmokeTest(dir: string): Promise<void> {
  await Bun.write(join(dir, "smoke.sh"), SMOKE);
  chmodSync(join(dir, "smoke.sh"), 0o755);
}

function withHealth(version: string): string {
  return `${honoApp(version)}\napp.get("/health", (c) => c.text("fine " + ${JSON.stringify(version)}));`;
}

describe.concurrent("a new version is looked at before it takes over", () => {
  const config = { rollout: { warmup: "/", verify: "./smoke.sh" } };
  test("by a command that says yes", async () => {
    await using server = await startPounce({
      app: withHealth("v0"),
      config,
      prepare: withSmokeTest,
    });
    await server.writeApp(withHealth("v1"));
    await server.reload();
    const lines = server.logs.matching("Verification (generation 1): ").join("\n");
    expect(lines).toContain("ready");
    expect(lines).toContain("fine v1");
    expect(await versionsServed(server, 3)).toEqual(["v1"]);
  }, 60_000);

  test("by a command that blocks it and says no: it does not keep the address", async () => {
    await using server = await startPounce({
      config: { rollout: { verify: "./smoke.sh" } },
      prepare: async (dir) => {
        const script = '#!/bin/sh\ncurl -s -m 1 "$POUNCE_URL/block"\nexit 1\n';
        await Bun.write(join(dir, "smoke.sh"), script);
        chmodSync(join(dir, "smoke.sh"), 0o755);
      },
    });
    await server.writeApp(honoApp("v1"));
    expect((await server.reloadThatFails()).at(-1)).toBe(FAILED);
    await server.waitForLog("Worker 1 (generation 1) did not stop listening in time — killed");
    await server.waitForLog(/Worker 0 \(generation 0\) is listening; the address was closed for/);
    expect(await versionsServed(server, 3)).toEqual(["v0"]);
  }, 60_000);

  test("by a command that says no, and by a warm-up that fails", async () => {
    await using server = await startPounce({
      app: withHealth("v0"),
      config,
      prepare: withSmokeTest,
    });
    await server.writeApp(honoApp("v1"));
    expect((await server.reloadThatFails()).at(-1)).toBe(FAILED);
    await server.writeApp(`export default () => { throw new Error("no database"); };`);
    const lines = await server.reloadThatFails();
    expect(lines.join("\n")).toContain("GET / (rollout.warmup) was answered 500");
    expect(lines.at(-1)).toBe(FAILED);
    expect(await versionsServed(server, 3)).toEqual(["v0"]);
  }, 60_000);
});
