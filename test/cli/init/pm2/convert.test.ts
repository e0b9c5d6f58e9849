// An app of PM2's file becomes a pounce.toml: the settings that pounce has, and a reason for each
// key that it has nothing for. What is written is always a valid configuration.
import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parse } from "smol-toml";
import { convertApp, type Surroundings } from "../../../../src/cli/init/pm2/convert.ts";
import { REAL_FILES } from "../../../../src/cli/init/pm2/files.ts";
import { PM2_KEYS } from "../../../../src/cli/init/pm2/keys.ts";
import type { EnvironmentUse } from "../../../../src/cli/init/pm2/references.ts";
import { loadConfig } from "../../../../src/config/load.ts";

const dir = mkdtempSync(join(tmpdir(), "pounce-pm2-"));
afterAll(() => rmSync(dir, { recursive: true }));

const PROGRAM = 'require("http").createServer().listen(process.env.PORT);\n';
for (const [name, text] of Object.entries({
  "server.js": PROGRAM,
  "fixed.js": "// A program\nconst app = express();\napp.listen(3123);\n",
  "src/main.ts": PROGRAM,
  "bin/www": `#!/usr/bin/env node\n${PROGRAM}`,
  "bin/job": "#!/bin/bash\necho\n",
  "job.py": "print(1)\n",
  ".env": "TOKEN=from-the-file\n",
  "other.env": "A=1\n",
  "pkg/index.js": PROGRAM,
  "node_modules/.bin/next": "#!/usr/bin/env node\nconst port = 3000;\n",
  "package.json": JSON.stringify({
    scripts: {
      start: "cross-env NODE_ENV=production node -r dotenv/config ./server.js --verbose",
      serve: "npm run start",
      chain: "tsc && node server.js",
      next: "next start -p 3111",
      dev: "next dev",
      loop: "npm run loop",
    },
  }),
})) {
  mkdirSync(dirname(join(dir, name)), { recursive: true });
  writeFileSync(join(dir, name), text);
}
writeFileSync(join(dir, "binary"), new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 0xff, 0xfe]));

const NO_USE: EnvironmentUse = { read: new Set(), isCopied: false, set: {}, shell: {} };

function convert(app: object, changes: Partial<Surroundings> = {}) {
  return convertApp({ script: "server.js", ...app }, "api", {
    source: "ecosystem.config.js",
    base: dir,
    folder: dir,
    output: dir,
    environment: undefined,
    use: NO_USE,
    files: REAL_FILES,
    ...changes,
  });
}

/** The text of an app, which pounce takes. */
function textOf(app: object, changes?: Partial<Surroundings>): string {
  const result = convert(app, changes);
  if (!result.ok) throw new Error(result.error);
  writeFileSync(join(dir, "pounce.toml"), result.text);
  const env = changes?.use?.shell ?? {};
  const loaded = loadConfig({ flags: { config: "pounce.toml" }, env, cwd: dir });
  expect(loaded.ok ? [] : loaded.errors).toEqual([]);
  expect(Math.max(...result.text.split("\n").map((line) => line.length))).toBeLessThan(161);
  return result.text;
}

/** The folder with a port in its `.env`. */
const WITH_PORT: typeof REAL_FILES = {
  ...REAL_FILES,
  text: (path) => (path === join(dir, ".env") ? "A=1\nPORT=4123\n" : REAL_FILES.text(path)),
};

/** The text of an app with variables; `unset` were read, and had no value. Notes are one line. */
function notedText(env: object, ...unset: string[]): string {
  const use = { ...NO_USE, read: new Set(unset) };
  return textOf({ env }, { use }).replaceAll("\n#     ", " ");
}

/** What every file has. */
const ALWAYS = {
  app: "./server.js",
  host: "127.0.0.1",
  workers: 1,
  slot_variable: "NODE_APP_INSTANCE",
};

describe("settings", () => {
  test.each<[object, object]>([
    [{}, {}],
    [{ script: "./src/main.ts", exec: "ignored.js" }, { app: "./src/main.ts" }],
    [{ script: "", exec: "./src/main.ts" }, { app: "./src/main.ts" }],
    [{ script: "bin/www" }, { app: "./bin/www" }],
    [{ script: "pkg" }, { app: "./pkg/index.js" }],
    [{ script: "node", args: "src/main.ts" }, { app: "./src/main.ts" }],
    [{ script: "bun run src/main.ts" }, { app: "./src/main.ts" }],
    [{ script: "npx tsx watch src/main.ts" }, { app: "./src/main.ts" }],
    [{ script: "node src/main" }, { app: "./src/main.ts" }],
    [{ script: "node pkg" }, { app: "./pkg/index.js" }],
    [{ script: "src/main" }, { app: "./src/main.ts" }],
    [{ script: "./node_modules/.bin/ts-node", args: "src/main.ts" }, { app: "./src/main.ts" }],
    [
      { script: "node_modules/tsx/dist/cli.mjs", args: ["src/main.ts", "-v"] },
      { app: "./src/main.ts", app_args: ["-v"] },
    ],
    [{ interpreter: "/usr/bin/node" }, {}],
    [{ interpreter: "node@18.2.0" }, {}],
    [{ interpreter: "bun", script: "src/main.ts" }, { app: "./src/main.ts" }],
    [{ interpreter: "none", script: "bin/www" }, { app: "./bin/www" }],
    [
      { cwd: "src", script: "main.ts" },
      { app: "./src/main.ts", working_directory: "./src" },
    ],

    [{ instances: 4, exec_mode: "cluster" }, { workers: 4 }],
    [{ instances: "4" }, { workers: 4 }],
    [{ instances: "max" }, { workers: "auto" }],
    [{ instances: 0 }, { workers: "auto" }],
    [{ instances: -1 }, { workers: "auto" }],
    [{ instances: 5000 }, { workers: 1024 }],
    [{ instance_var: "INSTANCE_ID" }, { slot_variable: "INSTANCE_ID" }],

    [
      { port: 3000, env: { PORT: 4000, A: "b" } },
      { port: 3000, env: { A: "b" } },
    ],
    [{ env: { PORT: "4000" } }, { port: 4000 }],
    [{ env: { HOST: "0.0.0.0" } }, { host: "0.0.0.0" }],
    [{ env: { HOSTNAME: "0.0.0.0" } }, { host: "0.0.0.0", env: { HOSTNAME: "0.0.0.0" } }],
    [{ env: { HOSTNAME: "web-1" } }, { env: { HOSTNAME: "web-1" } }],
    [{ script: "fixed.js" }, { app: "./fixed.js", port: 3123 }],
    [{ env: { N: 3, B: true, O: { a: 1 } } }, { env: { N: "3", B: "true", O: '{"a":1}' } }],
    [{ env: { "ODD NAME": 'a"\n\u007f', E: null } }, { env: { "ODD NAME": 'a"\n\u007f' } }],

    [{ kill_timeout: 5000 }, { shutdown_timeout: "5s" }],
    [{ kill_timeout: 60_500 }, { shutdown_timeout: "60500ms", reload_timeout: "60500ms" }],
    [{ listenTimeout: 45_000 }, { startup_timeout: "45s" }],
    [{ restart_delay: 3000 }, { respawn: { backoff_min: "3s", backoff_max: "3s" } }],
    [
      { exp_backoff_restart_delay: 100, restart_delay: 9 },
      { respawn: { backoff_min: "100ms", backoff_max: "15s" } },
    ],
    [{ max_restarts: 10 }, { respawn: { max_crashes: 10, window: "10s" } }],
    [{ max_restarts: 3, min_uptime: "1m" }, { respawn: { max_crashes: 3, window: "180s" } }],
    [{ min_uptime: 5000 }, { respawn: { max_crashes: 16, window: "80s" } }],

    [{ out_file: "logs/out.log" }, { log: { file: "./logs/out.log", capture: true } }],
    [
      { out: "o.log", error: "e.log", log: "/var/log/all.log" },
      { log: { file: "/var/log/all.log", capture: true } },
    ],
    [{ out_file: "/dev/null", err_file: "NULL" }, {}],
    [{ log_type: "json" }, { log: { format: "json", capture: true } }],
    [{ pid: "run/app.pid" }, { pid_file: "./run/app.pid" }],
    [{ node_args: "--env-file=.env" }, { env_file: ["./.env"] }],
    [
      { node_args: ["--env-file", "other.env", "-r", "dotenv/config"] },
      { env_file: ["./other.env", "./.env"] },
    ],
  ])("%j", (app, expected) => {
    expect(parse(textOf(app))).toEqual({ ...ALWAYS, ...expected });
  });

  test("are told, where dotenv would read a file that is not there yet", () => {
    const app = { cwd: "src", script: "main.ts", node_args: "-r dotenv/config" };
    expect(textOf(app)).toMatch(/node_args -r dotenv\/config: there is no \.env yet/);
  });

  test("of `npm start` are those of the program that it starts", () => {
    const text = textOf({ script: "npm", args: "run serve -- --port 1234" });
    expect(parse(text)).toEqual({
      ...ALWAYS,
      app_args: ["--verbose", "--port", "1234"],
      port: 1234,
      env_file: ["./.env"],
      env: { NODE_ENV: "production" },
    });
    expect(text).toContain("# What `npm start` starts.\napp = ");
  });

  test("of a log name the folder that is not there, which PM2 would make", () => {
    const text = textOf({ log: "logs/a.log" }).replaceAll("\n# ", " ");
    expect(text).toContain("There is no folder ./logs yet: make it.");
    expect(textOf({ log: "src/a.log" })).not.toContain("There is no folder");
  });

  test("of `next start` are its program, its arguments and its port", () => {
    const expected = { ...ALWAYS, app: "./node_modules/.bin/next", port: 3111 };
    const app_args = ["start", "-p", "3111"];
    expect(parse(textOf({ script: "npm run next" }))).toEqual({ ...expected, app_args });
    const { script, args } = { script: "node_modules/.bin/next", args: "start --port=3111" };
    expect(parse(textOf({ script, args }))).toMatchObject(expected);
    expect(textOf({ script, args: "start" })).toContain("# PM2's file has no port");
  });

  test("without a port say where to write it", () => {
    expect(textOf({})).toMatch(/^# PM2's file has no port[^]*^workers = /m);
    expect(textOf({ script: "fixed.js" })).toContain("# As in ./fixed.js:3.\nport = 3123\n");
  });

  test("without a port have that of .env, unless the program names one itself", () => {
    const files = WITH_PORT;
    expect(textOf({}, { files })).toContain("\nport = 4123\n");
    expect(textOf({ env: { PORT: 80 } }, { files })).toContain("\nport = 80\n");
    expect(textOf({ script: "fixed.js" }, { files })).toContain("\nport = 3123\n");
  });

  test("of an environment lie over the others", () => {
    const app = { env: { A: "1", B: "1" }, env_production: { B: "2", PORT: 80 }, env_test: {} };
    const text = textOf(app, { environment: "production" });
    expect(parse(text)).toEqual({ ...ALWAYS, port: 80, env: { A: "1", B: "2" } });
    expect(text).toContain("#   env_test: taken with --env test\n");
    expect(text).not.toContain("env_production:");
  });

  test("have paths from PM2's folder, which may be that of its file", () => {
    const base = join(dir, "src");
    const other = { base, output: join(dir, "src") };
    expect(convert({}, { base })).toMatchObject({ ok: true, app: "./server.js" });
    expect(convert({}, other)).toMatchObject({ ok: true, app: join(dir, "server.js") });
  });
});

describe("variables", () => {
  const use: EnvironmentUse = {
    isCopied: false,
    read: new Set(["DATABASE_URL", "NODE_ENV", "SHORT", "TOKEN"]),
    set: { TOKEN: "from-the-file" },
    shell: { DATABASE_URL: "postgres://secret", NODE_ENV: "production", SHORT: "1" },
  };
  const env = (variables: object) => textOf({ env: variables }, { use });

  test.each<[object, string[]]>([
    [{ DATABASE_URL: "postgres://secret" }, ['DATABASE_URL = "${DATABASE_URL}"']],
    [{ DB: "postgres://secret" }, ['DB = "${DATABASE_URL}"']],
    [{ SHORT: "1", N: "1" }, ['SHORT = "${SHORT}"', 'N = "1"']],
    [{ NODE_ENV: "production" }, ['NODE_ENV = "production"']],
    [{ LITERAL: "${A} $${B" }, ['LITERAL = "$${A} $$${B"']],
  ])("%j: a secret of the environment is not written down, all else as it is", (given, lines) => {
    const text = env(given);
    for (const line of lines) expect(text).toContain(`\n${line}\n`);
    expect(text).not.toContain("secret");
  });

  const parts: EnvironmentUse = {
    ...use,
    read: new Set(["PASSWORD", "ROOT", "SHORT"]),
    shell: { PASSWORD: "s3cret-pass", ROOT: "/srv/current", SHORT: "1" },
  };
  test.each<[string, string]>([
    ["redis://:s3cret-pass@localhost", "redis://:${PASSWORD}@localhost"],
    ["/srv/current/a:/srv/current/b", "${ROOT}/a:${ROOT}/b"],
    ["${A}/srv/current?s3cret-pass", "$${A}${ROOT}?${PASSWORD}"],
    ["1, too short to tell", "1, too short to tell"],
    ["no place for a reference: $/srv/current", "no place for a reference: $/srv/current"],
  ])("%s: what is a part of the text stays in the environment too", (given, written) => {
    const text = textOf({ env: { A: given } }, { use: parts });
    expect(text).toContain(`\nA = "${written}"\n`);
    const input = { flags: { config: "pounce.toml" }, env: parts.shell, cwd: dir };
    const loaded = loadConfig(input);
    expect(loaded.ok ? loaded.config.workerEnv : loaded.errors).toEqual({ A: given });
  });

  describe("that were not set where the command ran", () => {
    test.each<[string, object, string[], string]>([
      ["by the same name", { KEY: undefined }, ["KEY", "OTHER"], 'write KEY = "${KEY}"'],
      ["by the one name that was read", { DB: undefined }, ["DB_URL"], 'write DB = "${DB_URL}"'],
      ["by its own name, as any may be meant", { DB: null }, ["A", "B"], 'write DB = "${DB}"'],
    ])("are named in a comment with what to write: %s", (_how, given, names, remedy) => {
      const text = notedText(given, ...names);
      const [name = ""] = Object.keys(given);
      expect(text).toContain(
        `#   env.${name}: it had no value where this file was written; if the environment is to ` +
          `give it, ${remedy}\n`,
      );
      expect(parse(text)).toEqual(ALWAYS);
    });

    test("are not written as the text that a template makes of them", () => {
      const variables = { URL: "redis://:undefined@localhost", KEY: undefined };
      const text = notedText(variables, "KEY", "HOST_NAME", "PASSWORD");
      expect(text).toContain(
        '#   env.URL: it was "redis://:undefined@localhost", as HOST_NAME or PASSWORD had no ' +
          'value where this file was written: in [env], write "${HOST_NAME}" or the like in ' +
          "place of undefined\n",
      );
      expect(parse(text)).toEqual(ALWAYS);
      const own = { STATE: "undefined behaviour" };
      expect(parse(textOf({ env: own }))).toMatchObject({ env: own });
    });

    test("are pounce's own address, for which no line in [env] counts", () => {
      const text = notedText({ PORT: undefined, HOST: undefined }, "PORT", "HOST");
      expect(text).toBe(textOf({}));
    });
  });

  test("that PM2's file has read from .env come from there", () => {
    const text = env({ TOKEN: "from-the-file", OTHER: "x" });
    expect(parse(text)).toMatchObject({ env_file: ["./.env"], env: { OTHER: "x" } });
    expect(text).not.toContain("from-the-file");
  });

  test("that are those of the shell are left out when PM2's file has copied them all", () => {
    const given = { ...use.shell, TOKEN: "from-the-file", OTHER: "x" };
    const text = textOf({ env: given }, { use: { ...use, isCopied: true } });
    expect(parse(text)).toMatchObject({ env_file: ["./.env"], env: { OTHER: "x" } });
    expect(Object.keys(parse(text)["env"] ?? {})).toEqual(["OTHER"]);
    expect(text).toContain("#   process.env: workers have pounce's own environment\n");
  });

  test("that no worker may have are named", () => {
    const text = env({ BUN_OPTIONS: "x", F: () => 1, "A=B": "1" });
    expect(text).toContain("#   env.BUN_OPTIONS: this variable is never given to workers\n");
    expect(text).toContain("#   env.F: a variable cannot be a function\n");
    expect(text).toContain("#   env.A=B: no variable can have that name");
  });
});

describe("what is not taken over", () => {
  test.each<[object, string]>([
    [{ watch: ["src"] }, "watch: `pounce dev` is not there yet"],
    [{ max_memory_restart: "much" }, 'max_memory_restart: "much" is not a size'],
    [{ max_memory_restart: "5M" }, 'recycle.max_rss = "5MiB": expected 0, or a size'],
    [
      { cron_restart: "0 3 * * *" },
      "cron_restart: pounce has no clock for that; a line of a crontab: 0 3 * * * pounce reload",
    ],
    [{ autorestart: false }, "autorestart: pounce replaces every worker"],
    [{ uid: "www-data" }, "uid: the user of the workers is pounce's: User=www-data"],
    [{ increment_var: "PORT" }, "increment_var: all workers share the address"],
    [{ listen_timeout: 3000 }, "listen_timeout: past it PM2 takes an app for ready"],
    [{ node_args: "--inspect" }, "node_args --inspect: debug the app with `pounce dev --inspect`"],
    [{ node_args: "-r ./tracing.js" }, "node_args -r ./tracing.js: import it on the first line"],
    [
      { interpreterArgs: "--max-old-space-size=300" },
      "node_args --max-old-space-size 300: Bun's heap",
    ],
    [{ env: { NODE_OPTIONS: "--inspect" } }, "node_args --inspect: debug the app"],
    [{ out_file: "a", error_file: "b" }, "error_file: the log is one file"],
    [{ restart_delay: "soon" }, 'restart_delay: "soon" is not a time'],
    [{ restart_delay: 1 }, 'respawn.backoff_min = "1ms": expected a duration'],
    [{ instances: "many" }, 'instances: "many" is not a number'],
    [{ port: "/tmp/app.sock" }, "PORT = /tmp/app.sock: not a port"],
    [{ env: { HOST: "a b" } }, 'host = "a b": expected an IP address'],
    [{ instancess: 4 }, "instancess: PM2 has no such key"],
    [{ instance_var: "A=B" }, 'slot_variable = "A=B": no variable can have that name'],
  ])("%j: has its reason", (app, reason) => {
    const text = textOf(app).replaceAll("\n#     ", " ");
    expect(text).toContain(`# Not taken from PM2's file:\n`);
    expect(text).toContain(`#   ${reason}`);
  });

  test("is no more than that: what PM2 has by itself, and what needs nothing here", () => {
    const flags = { watch: false, autorestart: true, vizion: true, time: true, treekill: true };
    const logs = { merge_logs: true, disable_logs: false, source_map_support: true };
    const node_args = "-r ts-node/register --transpile-only";
    const lists = { ignore_watch: ["node_modules"], args: "", node_args, env: {} };
    const app = { exec_mode: "fork", wait_ready: true, ...flags, ...logs, ...lists };
    expect(textOf(app)).toBe(textOf({}));
  });

  test("no comment ends early, whatever is in it", () => {
    const text = textOf({ uid: "a\nport = 1\u001b[31m", "x\ny": 1 });
    expect(parse(text)).toEqual(ALWAYS);
    expect(text).not.toContain("\u001b");
  });
});

describe("no pounce.toml is written for", () => {
  test.each<[object, string]>([
    [{ script: undefined }, "has no script"],
    [{ script: 5 }, "has no script"],
    [{ script: "gone.js" }, `has a script that does not exist: ${dir}/gone.js`],
    [{ script: "./gone" }, `has a script that does not exist: ${dir}/gone`],
    [{ script: "job.py" }, `is Python (${dir}/job.py), which Bun does not run`],
    [{ script: "bin/job" }, `is a program for bash (${dir}/bin/job), which Bun does not run`],
    [{ script: "binary" }, `is a binary (${dir}/binary), which Bun does not run`],
    [{ cwd: "gone" }, `runs in ${dir}/gone, which is no folder here`],
    [{ script: "serve" }, "starts `serve`: that is PM2's own server of files"],
    [{ script: "python3", args: "job.py" }, "starts `python3 job.py`, which is neither"],
    [{ script: "job.py", interpreter: "python3" }, "is run by python3"],
    [{ interpreter: "/usr/bin/php" }, "is run by /usr/bin/php"],
    [{ script: "bash", args: "-c 'node a.js && node b.js'" }, "starts a shell command (bash -c"],
    [{ script: "node gone.js" }, "starts `node gone.js`: no such file"],
    [{ script: "node_modules/.bin/tsx" }, "starts `tsx`: no such file"],
    [{ script: "npm", args: "run chain" }, "starts `npm run chain`, which starts a shell command"],
    [{ script: "npm run gone" }, 'starts `npm run gone`, but no package.json has a script "gone"'],
    [{ script: "yarn", args: "dev" }, "starts `yarn run dev`, which starts `next dev`: build it"],
    [{ script: "nest start --watch" }, "starts `nest start --watch`: build it"],
    [{ script: "npm run loop" }, "whose scripts start each other"],
  ])("%j", (app, error) => {
    expect(convert(app)).toMatchObject({ ok: false, error: expect.stringContaining(error) });
  });
});

test("every key has a rule, and no value of it makes a file that is not valid", () => {
  const values = [true, false, 0, -1, 7, 1e9, "", "x", "1h", "$${", [], ["a"], {}, { a: 1 }, null];
  for (const key of PM2_KEYS.filter((it) => it !== "script" && it !== "cwd")) {
    for (const value of values) {
      const result = convert({ [key]: value });
      if (result.ok) textOf({ [key]: value });
      else expect(key).toBe("exec_interpreter");
    }
  }
});
