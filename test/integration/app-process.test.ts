// What an app does with its process: signals, the end, and the messages of a parent that it has not
// got.
import { afterAll, describe, expect, test } from "bun:test";
import { WORKER_CHANNEL } from "../../src/ipc/inherited.ts";
import { ask } from "../helpers/requests.ts";
import { type ServerProcess, startPounce, stopAllServers } from "../helpers/server.ts";

afterAll(stopAllServers);

/** An app that says what becomes of it, and answers after as long as it is asked to. */
function app(more: string): string {
  return `
    import { writeSync } from "node:fs";
    const say = (what) => writeSync(1, process.pid + " " + what + "\\n");
    ${more}
    export default async (request) => {
      const ms = Number(new URL(request.url).searchParams.get("ms"));
      if (ms > 0) writeSync(1, "asked\\n");
      await Bun.sleep(ms);
      if (ms > 0) say("has answered");
      return new Response("answered");
    };
  `;
}

/** What workers have said, in order, without their pids. */
function said(server: ServerProcess): string[] {
  return server.logs.messages().flatMap((line) => /^\d+ (.*)$/.exec(line)?.[1] ?? []);
}

/** As a service manager does, or a terminal: every process gets the signal. */
function signalAll(server: ServerProcess, signal: NodeJS.Signals): void {
  for (const { pid } of server.workers()) process.kill(pid, signal);
  server.signal(signal);
}

describe("when every process gets the signal, the app's own handlers", () => {
  const handlers = [
    ["of TERM", 'process.on("SIGTERM", () => { say("TERM"); process.exit(0); });', "SIGTERM"],
    [
      "of TERM that are async",
      'process.once("SIGTERM", async () => { await Bun.sleep(20); say("TERM"); process.exit(0); });',
      "SIGTERM",
    ],
    [
      "of INT that send the signal again",
      'process.once("SIGINT", () => { say("INT"); process.kill(process.pid, "SIGINT"); });',
      "SIGINT",
    ],
  ] as const;
  for (const [which, code, signal] of handlers) {
    test.concurrent(
      `${which} run once, when the last request has been answered`,
      async () => {
        await using server = await startPounce({ app: app(code), config: { workers: 1 } });
        const replies = Array.from({ length: 4 }, () => ask(server, "/?ms=400"));
        await server.waitForLog("asked", { count: 4 });
        signalAll(server, signal);
        for (const reply of await Promise.all(replies)) expect(reply.status).toBe(200);
        expect(await server.exited).toMatchObject({ code: 0 });
        const name = signal.slice(3);
        expect(said(server)).toEqual([...Array.from({ length: 4 }, () => "has answered"), name]);
        expect(server.logs.messages().at(-1)).toContain("Stopped");
        expect(server.logs.text()).not.toMatch(/unexpectedly|killed|ended its process/);
      },
      60_000,
    );
  }
});

test.concurrent(
  "what an app listens for, removes and emits is its own: pounce goes on whatever it does",
  async () => {
    const code = `
      const handler = () => say("handled");
      process.on("SIGTERM", handler).prependListener("SIGTERM", () => say("first"));
      say(String([process.listenerCount("SIGTERM"), process.listeners("SIGTERM").includes(handler)]));
      process.emit("SIGTERM", "SIGTERM", 15);
      process.off("SIGTERM", handler);
      say(String(process.listenerCount("SIGTERM")));
      process.on("SIGUSR2", () => say("USR2"));
      say(process.eventNames().filter((name) => String(name).startsWith("SIG")).join());
      const { on } = Object.getPrototypeOf(process);
      on.call(process, "SIGINT", () => process.exit(9));
      if (process.env.ALL) process.removeAllListeners();
    `;
    const config = { workers: 1 };
    await using server = await startPounce({ app: app(code), config });
    expect(said(server)).toEqual(["2,true", "first", "handled", "1", "SIGTERM,SIGUSR2"]);
    const [worker] = server.workers();
    process.kill(worker?.pid ?? 0, "SIGUSR2");
    await server.waitForLog(/\d+ USR2/);

    await using bare = await startPounce({ app: app(code), config, env: { ALL: "1" } });
    const [left] = bare.workers();
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const) {
      process.kill(left?.pid ?? 0, signal);
    }
    expect((await ask(bare, "/?ms=50")).status).toBe(200);
    expect(bare.workers()).toEqual(left === undefined ? [] : [left]);
  },
  60_000,
);

test.concurrent(
  "a handler that never ends has until the worker's deadline, and the log says what it waited for",
  async () => {
    const code =
      'process.on("SIGTERM", function quit() { return new Promise(() => setInterval(quit, 9e6)); });';
    const config = { workers: 1, shutdown_timeout: 2 };
    await using server = await startPounce({ app: app(code), config });
    const begunMs = performance.now();
    server.signal("SIGTERM");
    expect(await server.exited).toMatchObject({ code: 0 });
    expect(performance.now() - begunMs).toBeLessThan(10_000);
    expect(server.logs.text()).not.toContain("killed");
    const handlers = "[WARN] Worker 0 (generation 0): the app's handlers of SIGTERM";
    const [line = ""] = server.logs.matching(`${handlers} (quit) were cut off after`);
    expect(line).toEndWith(": a promise that they have returned is still pending");

    const flag = 'process.on("SIGTERM", () => say("flag")); setInterval(() => {}, 1000);';
    await using other = await startPounce({ app: app(flag), config });
    other.signal("SIGTERM");
    expect(await other.exited).toMatchObject({ code: 0 });
    expect(said(other)).toEqual(["flag"]);
    const [cut = ""] = other.logs.matching(`${handlers} were cut off after`);
    expect(cut).toEndWith("something of the app keeps the process alive");
  },
  60_000,
);

test.concurrent(
  "an app that ends its process is reported, with the place",
  async () => {
    const code = 'process.on("SIGUSR2", () => { process.exit(7); say("never"); });';
    await using server = await startPounce({ app: app(code), config: { workers: 1 } });
    process.kill(server.workers()[0]?.pid ?? 0, "SIGUSR2");
    await server.waitForLog("Worker 0 (generation 0) exited unexpectedly: exit code 7");
    await server.waitForLog(/at .*app\.ts:/);
    expect(server.logs.text()).toMatch(
      /the app ended its process: .*process\.exit\(7\)[^]*app\.ts/,
    );
  },
  60_000,
);

test.concurrent(
  "the app has no parent to send messages to, nor have its children",
  async () => {
    const code = `
      process.send?.({ type: "ready" });
      process.disconnect?.();
      process.on("message", () => say("a message"));
      say([typeof process.send, process.connected, typeof process.channel].join());
      say(JSON.stringify(Bun.spawnSync(["sh", "-c", "echo $NODE_CHANNEL_FD; ls -l /proc/self/fd | sed 's/.* //'"]).stdout.toString().split("\\n")));
    `;
    await using server = await startPounce({ app: app(code), config: { workers: 1 } });
    const [parent, children = "[]"] = said(server);
    expect(parent).toBe("undefined,false,undefined");
    const [channel, , ...open] = JSON.parse(children) as string[];
    expect(channel).toBe("");
    // Its streams, and the folder that it lists.
    const expected = [/./, /^pipe:|^socket:/, /./, /^\/proc\/\d+\/fd$/, /^$/];
    expect(open).toEqual(expected.map((it) => expect.stringMatching(it)));
    expect((await ask(server, "/")).status).toBe(200);
    await server.reload();
  },
  60_000,
);

describe("a worker is replaced, then it drains, when over its channel comes", () => {
  const forged = [
    ['{"type":"released","address":"ADDRESS"}', "listener-released"],
    ['{"type":"bound","addresses":[{"host":"127.0.0.1","port":9}]}', "worker-bound"],
    ['{"type":"started","version":"VERSION"}', "worker-started"],
    ['{"type":"started","version":"9"}', "worker-started"],
    ['{"type":"idle","served":0}', "worker-idle"],
    ['{"type":"forced","unfinished":null}', "invalid message"],
    ["}{", "invalid message"],
  ] as const;
  for (const [text, told] of forged) {
    test.concurrent(
      text,
      async () => {
        const code = `
          process.on("SIGUSR2", () => {
            const text = ${JSON.stringify(text)}.replace("ADDRESS", process.env.AT ?? "");
            writeSync(${WORKER_CHANNEL}, text.replace("VERSION", "0.1.0") + "\\n");
          });
        `;
        await using server = await startPounce({ app: app(code), config: { workers: 1 } });
        process.kill(server.workers()[0]?.pid ?? 0, "SIGUSR2");
        await server.untilWorkers((all) => all.length === 1 && all[0]?.id === 1);
        const lines = server.logs.messages().filter((line) => line.includes("[ERROR]"));
        expect(lines).toHaveLength(1);
        expect(lines[0]).toContain(told);
        await server.reload();
        expect((await ask(server, "/")).status).toBe(200);
      },
      60_000,
    );
  }
});

test.concurrent(
  "a worker whose channel the app has closed is replaced, and answers what it has",
  async () => {
    const code = `
      import { closeSync } from "node:fs";
      process.on("SIGUSR2", () => closeSync(${WORKER_CHANNEL}));
    `;
    await using server = await startPounce({ app: app(code), config: { workers: 1 } });
    const replies = Array.from({ length: 4 }, () => ask(server, "/?ms=1200"));
    await server.waitForLog("asked", { count: 4 });
    process.kill(server.workers()[0]?.pid ?? 0, "SIGUSR2");
    await server.waitForLog("closed its channel to the master");
    for (const reply of await Promise.all(replies)) expect(reply.status).toBe(200);
    await server.untilWorkers((all) => all.length === 1 && all[0]?.id === 1);
    expect(server.logs.matching("[ERROR]")).toHaveLength(1);
  },
  60_000,
);

test.concurrent(
  "what comes over its channel while a worker drains ends none of its requests",
  async () => {
    const code = `process.on("SIGUSR2", () => writeSync(${WORKER_CHANNEL}, "}{\\n"));`;
    await using server = await startPounce({ app: app(code), config: { workers: 1 } });
    const [old] = server.workers();
    const replies = Array.from({ length: 4 }, () => ask(server, "/?ms=3000"));
    await server.waitForLog("asked", { count: 4 });
    server.signal("SIGHUP");
    await server.waitForLog("Draining old workers");
    process.kill(old?.pid ?? 0, "SIGUSR2");
    for (const reply of await Promise.all(replies)) expect(reply.status).toBe(200);
  },
  60_000,
);

test.concurrent(
  "process.argv ends with what follows --, as it stands, in each worker and after a reload",
  async () => {
    const source = "export default () => Response.json(process.argv.slice(2));";
    const given = ["./build.js", "--port", "a,b", ""];
    const args = ["--", ...given];
    await using server = await startPounce({ app: source, args });
    expect(JSON.parse((await ask(server, "/")).text)).toEqual(given);
    await server.reload();
    expect(JSON.parse((await ask(server, "/")).text)).toEqual(given);
  },
  60_000,
);
