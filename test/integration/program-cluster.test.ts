// Programs for the cluster module of Node run unchanged: pounce's workers take the place of theirs.
//
// So this guards what pounce relies on and Bun does not document: that the members of node:cluster
// can be redefined, that a getter among them is called for each reading, and once for all named
// imports, with no file on the stack; and that a stack names files of an executable's app as they
// were called when it was built.
import { afterAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { finished } from "../helpers/finished.ts";
import { ask } from "../helpers/requests.ts";
import {
  pounceBinary,
  runPounce,
  type ServerProcess,
  startPounce,
  stopAllServers,
} from "../helpers/server.ts";
import { until } from "../helpers/until.ts";

afterAll(stopAllServers);

const SERVE = 'http.createServer((_, response) => response.end("v0 worker " + id)).listen(3000)';
const ESM = `import cluster from "node:cluster";
import http from "node:http";
if (cluster.isPrimary) { cluster.fork(); cluster.on("exit", () => cluster.fork()); }
else { const { id } = cluster.worker; ${SERVE}; }`;
const NAMED = `import { fork, isPrimary, worker } from "cluster";
import http from "node:http";
if (isPrimary) fork();
else { const { id } = worker; ${SERVE}; }`;
const COMMON = `const cluster = require("cluster");
const http = require("http");
if (cluster.isMaster) cluster.fork();
else if (cluster.isWorker) { const { id } = cluster.worker; ${SERVE}; }`;
const FILES = `import cluster from "node:cluster";
import http from "node:http";
if (cluster.isPrimary) await import("./primary.ts");
else { const { id } = cluster.worker; ${SERVE}; }`;

/** Makes the file of a package that an app finds, beside those that it finds anyway. */
async function install(dir: string, name: string, source: string): Promise<void> {
  await Bun.write(join(dir, "lib/node_modules", name, "index.js"), source);
}

/** Both workers' answers. */
async function answersOf(server: ServerProcess): Promise<string[]> {
  const seen = new Set<string>();
  await until("answers of both workers", async () => {
    seen.add((await ask(server, "/")).text);
    return seen.size >= 2;
  });
  return [...seen].toSorted();
}

describe("a program that forks if it is the primary serves in each worker,", () => {
  const cases: [claim: string, file: string, source: string][] = [
    ["as a module", "app.ts", ESM],
    ["with named imports", "app.ts", NAMED],
    ["as CommonJS", "app.cjs", COMMON],
    ["in several files", "app.ts", FILES],
  ];
  for (const [claim, file, app] of cases) {
    const check = async (): Promise<void> => {
      const prepare = async (dir: string): Promise<void> => {
        await Bun.write(join(dir, file), app);
        await Bun.write(join(dir, "primary.ts"), 'import { fork } from "cluster"; fork();');
      };
      await using server = await startPounce({ app, prepare, config: { app: `./${file}` } });
      expect(await answersOf(server)).toEqual(["v0 worker 1", "v0 worker 2"]);
      await server.waitForLog(/uses node:cluster: pounce's workers take the/);
    };
    test.concurrent(claim, check, 60_000);
  }

  test.concurrent(
    "and those of a new version have the same numbers",
    async () => {
      await using server = await startPounce({ app: ESM });
      await server.writeApp(ESM.replace("v0", "v1"));
      await server.reload();
      expect(await answersOf(server)).toEqual(["v1 worker 1", "v1 worker 2"]);
    },
    60_000,
  );
});

/** Sends to a primary, if there is one to it. */
const LOG = `const cluster = require("cluster");
exports.log = (line) => {
  if (cluster.isMaster && !cluster.isWorker) console.log("logged " + line);
  else process.send({ line, worker: cluster.worker.id });
};`;

/** A program that forks, with a package that logs. */
async function withLog(dir: string): Promise<void> {
  await install(dir, "like-log4js", LOG);
  await Bun.write(join(dir, "lib/index.js"), 'module.exports = require("like-log4js");');
  const app = `const { log } = require("./lib");\n${COMMON}\nlog("started");`;
  await Bun.write(join(dir, "app.cjs"), app);
}

/** The same in an executable. */
async function withLogInside(dir: string): Promise<void> {
  await withLog(dir);
  const argv = [pounceBinary(), "build", "./app.cjs", "-o", "server"];
  const child = Bun.spawn(argv, { cwd: dir, env: { PWD: dir }, stdout: "pipe", stderr: "pipe" });
  expect(await finished(child)).toMatchObject({ code: 0, stderr: "" });
}

function ownServer(dir: string): string {
  return join(dir, "server");
}

describe("a package finds a primary, as under Bun,", () => {
  test.concurrent(
    "beside a program that forks",
    async () => {
      await using server = await startPounce({
        prepare: withLog,
        config: { app: "./app.cjs", workers: 1 },
      });
      expect((await ask(server, "/")).text).toBe("v0 worker 1");
      await server.waitForLog(/^logged started/);
    },
    60_000,
  );

  test.concurrent(
    "inside an executable of pounce build",
    async () => {
      const how = { prepare: withLogInside, command: ownServer, argv: ["-p", "0", "-w", "1"] };
      await using server = await startPounce(how);
      expect((await ask(server, "/")).text).toBe("v0 worker 1");
      await server.waitForLog(/^logged started/);
    },
    60_000,
  );

  test.concurrent(
    "inside a program of one file that does not",
    async () => {
      const bundle = `${LOG}\nexports.log("started");
        Bun.serve({ fetch: () => new Response("v0") });`;
      const prepare = async (dir: string): Promise<void> => {
        await Bun.write(join(dir, "app.cjs"), bundle);
      };
      await using server = await startPounce({ prepare, config: { app: "./app.cjs", workers: 1 } });
      expect((await ask(server, "/")).text).toBe("v0");
      await server.waitForLog(/^logged started/);
      expect(server.logs.matching(/uses node:cluster/)).toEqual([]);
    },
    60_000,
  );

  test.concurrent(
    "unless it forks for the program, as throng does",
    async () => {
      const throng = `const cluster = require("cluster");
module.exports = (start) => (cluster.isWorker ? start(cluster.worker.id) : cluster.fork());`;
      const prepare = async (dir: string): Promise<void> => {
        await install(dir, "like-throng", throng);
        await Bun.write(join(dir, "lib/index.js"), 'module.exports = require("like-throng");');
      };
      const app = `import start from "./lib/index.js";
        import http from "node:http";\nstart((id) => ${SERVE});`;
      await using server = await startPounce({ app, prepare });
      expect(await answersOf(server)).toEqual(["v0 worker 1", "v0 worker 2"]);
    },
    60_000,
  );
});

test.concurrent(
  "a program that forks all the same is refused, with the line and what to do",
  async () => {
    const run = await runPounce({ app: 'import cluster from "cluster";\n\ncluster.fork();' });
    expect(run.code).toBe(1);
    expect(run.stderr).toContain("start the server without fork, and set `workers`");
    expect(run.stderr).toMatch(/app\.ts:3:\d+/);
  },
  60_000,
);

test.concurrent(
  "a primary that forks another file is refused, with what to serve",
  async () => {
    const app = `import cluster from "cluster";
if (cluster.isPrimary) {
  cluster.setupPrimary({ exec: "./worker.js" });
  cluster.fork();
}`;
    const run = await runPounce({ app });
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(
      /no export; .*: if the primary forks another file, serve that one$/m,
    );
  },
  60_000,
);

test.concurrent(
  "Bun's own modules listen as in a primary",
  async () => {
    const app = `${ESM.replace("import http", 'import dgram from "node:dgram";\nimport http')}
if (cluster.isWorker) {
  const socket = dgram.createSocket("udp4");
  socket.bind(0, () => console.log("bound", socket.address().port > 0));
}`;
    await using server = await startPounce({ app, config: { workers: 1 } });
    await server.waitForLog(/^bound true/);
    expect((await ask(server, "/")).text).toBe("v0 worker 1");
  },
  60_000,
);
