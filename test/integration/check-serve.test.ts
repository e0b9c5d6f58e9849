// What `pounce check` says a start would do is what the start does.
import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../helpers/ports.ts";
import { type Config, pounceBinary, spawnPounce, stopAllServers } from "../helpers/server.ts";

afterAll(stopAllServers);

interface Case {
  readonly what: string;
  readonly config: Config | string;
  readonly app?: string;
  readonly prepare?: (dir: string) => void;
  /** The exit code of a start; undefined: it serves. */
  readonly serve: number | undefined;
  readonly check: number;
  readonly strict?: number;
  /** What both of them name. */
  readonly words: string;
}

const fifo = (dir: string): void => void Bun.spawnSync(["mkfifo", join(dir, "pipe")]);
/** An app that opens a port besides. */
const opens = (port: number, shared = ""): string =>
  `Bun.listen({ hostname: "127.0.0.1", port: ${port}, ${shared}socket: { data() {} } });` +
  "export default () => new Response();";
/** An app that opens a Unix socket besides: not a file, so that nothing of it is left. */
const opensPath = (name: string): string =>
  `Bun.listen({ unix: "\\0pounce-test-" + ${name}, socket: { data() {} } });` +
  "export default () => new Response();";
const main = freePort();
const taken = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
afterAll(() => taken.stop(true));

const WRONG: Omit<Case, "serve" | "check">[] = [
  { what: "a pid file in no folder", config: { pid_file: "no/p.pid" }, words: "no/p.pid" },
  { what: "a pid file that is a folder", config: { pid_file: "." }, words: "pid_file" },
  {
    what: "a pid file that is another file",
    config: { pid_file: "app.ts" },
    words: "not a pid file",
  },
  {
    what: "a pid file that is a pipe",
    config: { pid_file: "pipe" },
    prepare: fifo,
    words: "not a pid file",
  },
  {
    what: "a pid file that is a link to a device",
    config: { pid_file: "null" },
    prepare: (dir) => symlinkSync("/dev/null", join(dir, "null")),
    words: "not a pid file",
  },
  { what: "a log in no folder", config: { log: { file: "no/x.log" } }, words: "no/x.log" },
  { what: "a log that is a folder", config: { log: { file: "." } }, words: "log.file" },
  {
    what: "a log that is a pipe which nobody reads",
    config: { log: { file: "pipe" } },
    prepare: fifo,
    words: "pipe",
  },
  {
    what: "an access log in no folder",
    config: { log: { access: "no/a.log" } },
    words: "no/a.log",
  },
  { what: "an env_file that is missing", config: { env_file: "no.env" }, words: "no.env" },
  { what: "a folder that is missing", config: { working_directory: "no" }, words: "no" },
  {
    what: "a variable that is not set",
    config: 'port = "${NOT_SET}"',
    words: "NOT_SET is not set",
  },
  {
    what: "a variable that every object has",
    config: 'app = "${constructor}"',
    words: "constructor is not set",
  },
];

const CASES: Case[] = WRONG.map((one) => Object.assign({ serve: 2, check: 2 }, one));

CASES.push(
  { what: "an address in use", config: { port: taken.port }, serve: 3, check: 1, words: "in use" },
  {
    what: "an address of the metrics in use",
    config: { metrics: { port: taken.port } },
    serve: 3,
    check: 1,
    words: "in use",
  },
  {
    what: "a host that is nowhere",
    config: { host: "nowhere.invalid" },
    serve: 3,
    check: 1,
    words: "nowhere.invalid",
  },
  {
    what: "an app that Bun cannot serve",
    config: {},
    app: 'export default { fetch: () => new Response(), routes: { bad: new Response("") } };',
    serve: 1,
    check: 1,
    words: 'Invalid route "bad"',
  },
  {
    what: "an app that opens the port that it is to be served on",
    config: { port: main },
    app: opens(main, "reusePort: true, "),
    serve: 1,
    check: 1,
    words: `it listens on port ${main} itself`,
  },
  {
    what: "an app that opens a path which a second worker cannot have",
    config: { workers: 2 },
    app: opensPath(`"${freePort()}"`),
    serve: 1,
    check: 1,
    words: "itself, in each worker, and only one process can have it: put process.pid into",
  },
  {
    what: "the same with one worker, which no reload can replace",
    config: { workers: 1 },
    app: opensPath(`"${freePort()}"`),
    serve: undefined,
    check: 0,
    strict: 1,
    words: "itself, in each worker, and only one process can have it: put process.pid into",
  },
  {
    what: "an app of which each worker opens a path of its own",
    config: { workers: 2 },
    app: opensPath("process.pid"),
    serve: undefined,
    check: 0,
    strict: 0,
    words: "if it is the same each time",
  },
  {
    what: "an app that opens a port, which its workers share",
    config: { workers: 2 },
    app: opens(freePort()),
    serve: undefined,
    check: 0,
    strict: 0,
    words: "The workers share it",
  },
  {
    what: "a control socket that cannot be",
    config: { control_socket: "/proc/x.sock" },
    serve: undefined,
    check: 0,
    strict: 1,
    words: "/proc/x.sock",
  },
  {
    what: "all that is well",
    config: { pid_file: "p.pid", log: { file: "x.log", access: "a.log" }, port: freePort() },
    serve: undefined,
    check: 0,
    strict: 0,
    words: "",
  },
);

describe("check and a start agree on", () => {
  test.concurrent.each(CASES.map((one) => [one.what, one] as const))(
    "%s",
    async (_, one) => {
      await using checked = await run(one, ["check"]);
      const before = readdirSync(checked.dir).toSorted();
      expect((await checked.exited).code).toBe(one.check);
      expect(checked.logs.text()).toContain(one.words);
      // It leaves nothing behind.
      expect(readdirSync(checked.dir).toSorted()).toEqual(before);
      if (one.strict !== undefined) {
        await using strict = await run(one, ["check", "--strict"]);
        expect((await strict.exited).code).toBe(one.strict);
      }
      await using served = await run(one, []);
      if (one.serve !== undefined) {
        expect((await served.exited).code).toBe(one.serve);
        expect(served.logs.text()).toContain(one.words);
        return;
      }
      while (!isListening(served.dir, served.logs.text())) await Bun.sleep(20);
      expect((await served.stop()).code).toBe(0);
    },
    60_000,
  );
});

function isListening(dir: string, log: string): boolean {
  return (
    log.includes("Listening on") ||
    (existsSync(join(dir, "x.log")) && existsSync(join(dir, "p.pid")))
  );
}

function run({ config, app, prepare }: Case, argv: string[]) {
  return spawnPounce({
    config,
    argv: [...argv, "--config", "pounce.toml"],
    prepare: async (dir) => prepare?.(dir),
    ...(app === undefined ? {} : { app }),
  });
}

test.skipIf(process.getuid?.() !== 0)(
  "what this user may not write or enter is a fault of both",
  async () => {
    await using home = await spawnPounce({ argv: ["--version"] });
    const { dir } = home;
    mkdirSync(join(dir, "closed"));
    chmodSync(join(dir, "closed"), 0o700);
    writeFileSync(join(dir, "root.log"), "");
    chmodSync(dir, 0o755);
    const asNobody = [
      "setpriv",
      "--reuid=65534",
      "--regid=65534",
      "--clear-groups",
      pounceBinary(),
    ];
    const flags = [
      ["--pid-file", "x.pid"],
      ["--log-file", "root.log"],
      ["--log-access", "closed/a.log"],
      ["--working-directory", "closed"],
    ];
    for (const [flag = "", path = ""] of flags) {
      for (const command of [[], ["check"]]) {
        const argv = [...asNobody, ...command, "--port", "0", flag, path];
        const ran = Bun.spawnSync(argv, { cwd: dir, env: { PATH: process.env["PATH"], PWD: dir } });
        const told = `${ran.stdout.toString()}${ran.stderr.toString()}`;
        expect([flag, command, ran.exitCode]).toEqual([flag, command, 2]);
        expect(told).toContain(path);
        expect(told).toMatch(/permission denied|EACCES/);
      }
    }
    const env = { PATH: process.env["PATH"], PWD: dir };
    const hidden = Bun.spawnSync([...asNobody, "closed/app.ts", "--port", "0"], { cwd: dir, env });
    expect(hidden.stderr.toString()).toContain(` may not enter ${join(dir, "closed")}:`);
  },
  60_000,
);
