// How a program ends: by its own handlers, after its last request, in its own time; and how pounce
// knows that it will never listen.
import { afterAll, describe, expect, test } from "bun:test";
import { identify, isRunning } from "../../src/os/process-identity.ts";
import { ask } from "../helpers/requests.ts";
import { runPounce, type ServerProcess, startPounce, stopAllServers } from "../helpers/server.ts";
import { until } from "../helpers/until.ts";

afterAll(stopAllServers);

/** For one test, on a busy machine. */
const LIMIT_MS = 60_000;

/** A program on node:http that answers after as long as it is asked to. */
function program(more: string): string {
  return `
    import { writeSync } from "node:fs";
    import { createServer } from "node:http";
    const say = (what) => writeSync(1, process.pid + " " + what + "\\n");
    const server = createServer((request, response) => {
      const ms = Number(new URL(request.url, "http://host").searchParams.get("ms"));
      if (ms > 0) say("begins");
      setTimeout(() => {
        if (ms > 0) say("answers");
        response.end("answered");
      }, ms);
    });
    server.listen(process.env.PORT);
    ${more}
  `;
}

/** What workers have said, in order, without their pids. */
function said(server: ServerProcess): string[] {
  return server.logs.messages().flatMap((line) => /^\d+ (.*)$/.exec(line)?.[1] ?? []);
}

function expectProperEnd(server: ServerProcess): void {
  expect(server.logs.text()).not.toMatch(
    /unexpectedly|killed|ended its process|were cut off after/,
  );
}

const startOne = (code: string, config: Record<string, unknown> = {}): Promise<ServerProcess> =>
  startPounce({ app: program(code), config: { workers: 1, ...config } });

/** As most guides write it. The work that it does takes longer than it seems to. */
const EXITS = `
  const database = { end: (done) => setTimeout(done, 300) };
  setInterval(() => undefined, 1000);
  process.on("SIGTERM", () =>
    server.close(() => database.end(() => { say("closed"); process.exit(3); })));
`;

describe("when the server stops, the handlers of a program have all the time they need that", () => {
  test.concurrent.each<[string, string, string[]]>([
    ["exit in a callback", EXITS, ["closed"]],
    [
      "close their server, and leave nothing alive",
      `
        process.on("exit", (code) => say("exits with " + code));
        process.once("SIGTERM", () => {
          process.exitCode = 1;
          process.emit("SIGTERM");
          setTimeout(() => server.close(() => say("closed")), 200);
        });
      `,
      ["closed", "exits with 0"],
    ],
    [
      "close nothing, so that two servers are open",
      `
        createServer().listen(0);
        process.on("SIGTERM", () => say("TERM"));
        process.on("beforeExit", () => setTimeout(() => say("flushed"), 50));
      `,
      ["TERM", "flushed"],
    ],
    [
      "send the signal again, as Nest's",
      `
        setInterval(() => undefined, 1000);
        const onSignal = async (signal) => {
          await new Promise((resolve) => server.close(resolve));
          await Bun.sleep(200);
          say("hooks of " + signal);
          process.removeListener(signal, onSignal);
          process.kill(process.pid, signal);
        };
        for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"]) process.on(signal, onSignal);
      `,
      ["hooks of SIGTERM"],
    ],
  ])(
    "%s",
    async (_name, code, last) => {
      await using server = await startOne(code);
      const reply = ask(server, "/?ms=100");
      await server.waitForLog("begins");
      server.signal("SIGTERM");
      expect((await reply).status).toBe(200);
      expect(await server.exited).toMatchObject({ code: 0 });
      expect(said(server)).toEqual(["begins", "answers", ...last]);
      expectProperEnd(server);
    },
    LIMIT_MS,
  );
});

describe("the handlers of a program run", () => {
  test.concurrent(
    "at a reload, in the old workers",
    async () => {
      await using server = await startOne(EXITS);
      await server.reload();
      expect(said(server)).toEqual(["closed"]);
      expectProperEnd(server);
    },
    LIMIT_MS,
  );

  test.concurrent(
    "when a worker is recycled",
    async () => {
      const throws = 'process.on("SIGUSR2", () => setTimeout(() => { throw new Error("once") }));';
      await using server = await startOne(EXITS + throws);
      process.kill(server.workers()[0]?.pid ?? 0, "SIGUSR2");
      await server.waitForLog(/^\d+ closed$/);
      await server.untilWorkers((all) => all.length === 1 && all[0]?.id === 1);
      expectProperEnd(server);
    },
    LIMIT_MS,
  );

  test.concurrent(
    "at a stop by INT",
    async () => {
      await using server = await startOne(EXITS);
      server.signal("SIGINT");
      expect(await server.exited).toMatchObject({ code: 0 });
      expect(said(server)).toEqual(["closed"]);
      expectProperEnd(server);
    },
    LIMIT_MS,
  );

  test.concurrent(
    "in a worker whose master has died, after its last request",
    async () => {
      await using server = await startOne(EXITS);
      const reply = ask(server, "/?ms=100");
      await server.waitForLog("begins");
      server.signal("SIGKILL");
      expect((await reply).status).toBe(200);
      await server.waitForLog(/^\d+ closed$/);
      await server.untilWorkers((all) => all.length === 0);
      expect(said(server)).toEqual(["begins", "answers", "closed"]);
    },
    LIMIT_MS,
  );

  test.concurrent(
    "at the deadline, after the 503 of what it has cut off",
    async () => {
      const code = 'process.on("SIGTERM", () => { say("TERM"); process.exit(1); });';
      await using server = await startOne(code, { shutdown_timeout: 0.3 });
      const reply = ask(server, "/?ms=20000");
      await server.waitForLog("begins");
      server.signal("SIGTERM");
      expect((await reply).status).toBe(503);
      expect(await server.exited).toMatchObject({ code: 0 });
      expect(said(server)).toEqual(["begins", "TERM"]);
      expectProperEnd(server);
    },
    LIMIT_MS,
  );
});

/** One of Bun.serve, that says what one of node:http says. */
const OF_BUN = `
  import { writeSync } from "node:fs";
  const say = (what) => writeSync(1, process.pid + " " + what + "\\n");
  const server = Bun.serve({
    async fetch() {
      say("begins");
      await Bun.sleep(500);
      say("answers");
      return new Response("answered");
    },
  });
`;

describe("a program that exits once its server is closed, as after an error, has answered", () => {
  test.concurrent.each([
    ["on node:http", program("const close = (done) => server.close(done);")],
    ["of Bun.serve", `${OF_BUN} const close = (done) => server.stop().then(done);`],
  ])(
    "what was in flight %s",
    async (_name, code) => {
      const onError = `process.on("SIGUSR2", () =>
        close(() => { say("closed"); process.exit(1); }));`;
      await using server = await startPounce({ app: code + onError, config: { workers: 1 } });
      const reply = ask(server, "/?ms=500");
      await server.waitForLog("begins");
      process.kill(server.workers()[0]?.pid ?? 0, "SIGUSR2");
      expect((await reply).status).toBe(200);
      await server.waitForLog("exited unexpectedly: exit code 1");
      expect(said(server)).toEqual(["begins", "answers", "closed"]);
    },
    LIMIT_MS,
  );
});

/** A program with three children: one is to live on, and one has ended. */
const PARENT = `
  import { spawn } from "node:child_process";
  const own = spawn("sleep", ["1000"], { stdio: "ignore" });
  const detached = spawn("sleep", ["1000"], { stdio: "ignore", detached: true });
  const ended = spawn("true", { stdio: "ignore" });
  ended.on("exit", () => say("children " + own.pid + " " + detached.pid));
  server.on("request", (request, response) => response.on("close", () =>
    request.url !== "/" && own.exitCode === null && say("has its child")));
  process.on("SIGUSR2", () => { for (;;); });
`;

/** The pids of the children that workers have told of so far, by worker. */
async function childrenOf(server: ServerProcess, worker: number): Promise<number[]> {
  const all = (): string[] => server.logs.matching(/^\d+ children \d+ \d+$/);
  await until(`the children of worker ${worker}`, () => all().length > worker);
  return (all()[worker] ?? "").split(" ").slice(2).map(Number);
}

const runs = (pid = 0): boolean => isRunning(identify(pid));

describe("what a program has started and left running gets TERM when its worker", () => {
  test.concurrent.each([
    ["ends, after its last request", PARENT, false],
    ["ends by process.exit", `${PARENT} process.on("SIGTERM", () => process.exit());`, false],
    ["is killed", PARENT, true],
  ] as const)(
    "%s; what is detached lives on",
    async (_claim, code, isKilled) => {
      await using server = await startOne(code, { reload_timeout: 2 });
      const [own, detached = 0] = await childrenOf(server, 0);
      try {
        const reply = isKilled ? undefined : ask(server, "/?ms=1500");
        if (isKilled) process.kill(server.workers()[0]?.pid ?? 0, "SIGUSR2");
        else await server.waitForLog("begins");
        await server.reload();
        expect((await reply)?.status).toBe(isKilled ? undefined : 200);
        await until("the end of the child", () => !runs(own));
        const told = server.logs.matching("sent TERM to what the app had started");
        expect(told).toEqual([expect.stringContaining(`left running: ${own} (sleep)`)]);
        expect(runs(detached)).toBe(true);
        expect(said(server).filter((it) => it === "has its child")).toHaveLength(isKilled ? 0 : 1);
      } finally {
        process.kill(detached, "SIGKILL");
        const [, next = 0] = await childrenOf(server, 1);
        process.kill(next, "SIGKILL");
      }
    },
    LIMIT_MS,
  );
});

describe("an app that ends its process while it serves answers what it has with 503", () => {
  const exits = 'process.on("SIGUSR2", () => process.exit(7));';
  const app = `
    export default async () => {
      console.log("begins");
      await Bun.sleep(20_000);
    };
  `;
  test.concurrent.each([
    ["a program on node:http", program(exits)],
    ["an exported app", exits + app],
  ])(
    "%s",
    async (_name, code) => {
      await using server = await startPounce({ app: code, config: { workers: 1 } });
      const reply = ask(server, "/?ms=20000");
      await server.waitForLog("begins");
      process.kill(server.workers()[0]?.pid ?? 0, "SIGUSR2");
      expect((await reply).status).toBe(503);
      await server.waitForLog("Worker 0 (generation 0) exited unexpectedly: exit code 7");
      await server.waitForLog("the app ended its process");
    },
    LIMIT_MS,
  );
});

test.concurrent(
  "a program that starts its server late is served",
  async () => {
    const app = 'setTimeout(() => Bun.serve({ fetch: () => new Response("late") }), 300);';
    await using server = await startPounce({ app, config: { workers: 1 } });
    expect((await ask(server, "/")).text).toBe("late");
  },
  LIMIT_MS,
);

describe("a program without a server is refused", () => {
  test.concurrent(
    "as soon as it has ended, whatever startup_timeout is",
    async () => {
      const app = 'setTimeout(() => console.log("done"), 50);';
      const { code, lines } = await runPounce({ app });
      expect(code).toBe(1);
      expect(lines.join("\n")).toMatch(
        /done[^]*found no export; expected [^]*starts no server either: its code has run, and nothing is left of it/,
      );
    },
    LIMIT_MS,
  );

  test.concurrent(
    "at startup_timeout, while anything of it goes on",
    async () => {
      const app = "setInterval(() => undefined, 10);";
      const { code, lines } = await runPounce({ app, config: { startup_timeout: 3 } });
      expect(code).toBe(1);
      expect(lines.join("\n")).toContain("started no server within startup_timeout either");
    },
    LIMIT_MS,
  );

  test.concurrent(
    "when it ends its process, with the place",
    async () => {
      const { code, lines } = await runPounce({ app: "\nprocess.exit(0);" });
      expect(code).toBe(1);
      expect(lines.join("\n")).toMatch(
        /app\.ts ended its process: [^]*process\.exit\(0\)[^]*app\.ts:2[^]*what it has printed before/,
      );
    },
    LIMIT_MS,
  );
});
