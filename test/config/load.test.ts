// What a configuration is made of, which source wins, and what is wrong with it.
import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Config } from "../../src/config/config.ts";
import { usableCpus } from "../../src/config/cpus.ts";
import { loadConfig, type LoadInput } from "../../src/config/load.ts";

const root = realpathSync(mkdtempSync(join(tmpdir(), "pounce-load-")));
const conf = join(root, "conf");
mkdirSync(join(conf, "apps"), { recursive: true });
afterAll(() => rmSync(root, { recursive: true }));

/** Loads with a file `conf/pounce.toml` when a text for it is given, from its parent folder. */
function load(toml: string | undefined, input: Partial<LoadInput> = {}) {
  const file = toml === undefined ? {} : { config: "conf/pounce.toml" };
  writeFileSync(join(conf, "pounce.toml"), toml ?? "");
  return loadConfig({ env: {}, cwd: root, ...input, flags: { ...file, ...input.flags } });
}

function configOf(toml: string | undefined, input?: Partial<LoadInput>): Config {
  const result = load(toml, input);
  expect(result).toMatchObject({ ok: true });
  return (result as Extract<typeof result, { ok: true }>).config;
}

function errorsOf(toml: string | undefined, input?: Partial<LoadInput>): readonly string[] {
  const result = load(toml, input);
  expect(result).toMatchObject({ ok: false });
  return (result as Extract<typeof result, { ok: false }>).errors;
}

describe("the configuration", () => {
  test("of nothing has the defaults and starts from the working directory", () => {
    expect(configOf(undefined)).toEqual({
      file: undefined,
      app: undefined,
      appBase: root,
      appArgs: [],
      host: ["127.0.0.1"],
      port: 8000,
      uds: undefined,
      socketActivation: false,
      affinity: "none",
      workers: usableCpus(),
      workingDirectory: root,
      user: undefined,
      group: undefined,
      reloadTimeoutMs: 30_000,
      startupTimeoutMs: 30_000,
      shutdownTimeoutMs: 30_000,
      shutdownDelayMs: 0,
      keepAliveTimeoutMs: 10_000,
      requestTimeoutMs: 0,
      limits: {
        maxRequestBytes: 16 * 1024 * 1024,
        maxConnections: 0,
        minUploadRate: 1024,
        headerTimeoutMs: 10_000,
      },
      healthCheckPath: undefined,
      pidFile: undefined,
      controlSocket: undefined,
      slotVariable: undefined,
      log: { level: "info", format: "text", file: undefined, capture: false },
      accessLog: undefined,
      trustedProxies: undefined,
      requestId: false,
      h2c: false,
      tls: undefined,
      metrics: { port: undefined, path: "/metrics" },
      rollout: {
        strategy: "all",
        maxSurge: 1,
        canaryShare: 0,
        canaryMs: 30_000,
        bakeMs: 0,
        maxErrorRate: 0.05,
        maxLatencyRatio: 0,
        minRequests: 50,
        maxDraining: 3,
        hasVerify: false,
        verifyTimeoutMs: 30_000,
        warmup: [],
        verify: undefined,
      },
      hangTimeoutMs: 30_000,
      recycle: { maxRequests: 0, maxRequestsJitter: 0, maxRssBytes: 0, maxLifetimeMs: 0 },
      websocket: {},
      respawn: {
        maxCrashes: 5,
        windowMs: 60_000,
        backoffMinMs: 500,
        backoffMaxMs: 30_000,
        uncaught: "recycle",
      },
      envFiles: [],
      workerEnv: {},
    });
  });

  const precedence: [string, string | undefined, Partial<LoadInput>, number][] = [
    ["the file over the default", "port = 1", {}, 1],
    ["PORT over the file", "port = 1", { env: { PORT: "2" } }, 2],
    ["POUNCE_PORT over PORT", "port = 1", { env: { PORT: "2", POUNCE_PORT: "3" } }, 3],
    ["a flag over all", "port = 1", { env: { POUNCE_PORT: "3" }, flags: { port: "4" } }, 4],
    ["an empty PORT as none", "port = 1", { env: { PORT: "" } }, 1],
    ["no PORT when POUNCE_PORT is given", "", { env: { PORT: "x", POUNCE_PORT: "3" } }, 3],
  ];
  test.each(precedence)("takes %s", (_, toml, input, port) => {
    expect(configOf(toml, input).port).toBe(port);
  });

  test("is read again at each load", () => {
    expect(configOf("workers = 1").workers).toBe(1);
    expect(configOf("workers = 2").workers).toBe(2);
  });

  test("takes several hosts from a repeated flag, one with commas, and a list", () => {
    const host = ["::1", "127.0.0.1"];
    expect(configOf(undefined, { flags: { host: "::1,127.0.0.1" } }).host).toEqual(host);
    expect(configOf('host = ["::1", "127.0.0.1"]').host).toEqual(host);
  });
});

describe("the arguments of the app", () => {
  test("come from the file, from a flag with commas, or as they stand after --", () => {
    expect(configOf('app = "a"\napp_args = ["x", ""]').appArgs).toEqual(["x", ""]);
    const flags = { app: "a", "app-args": "x,y" };
    expect(configOf(undefined, { flags }).appArgs).toEqual(["x", "y"]);
    const input = { positionalApp: "a", appArgs: ["a,b", "--port"] };
    expect(configOf('app_args = "x"', input).appArgs).toEqual(["a,b", "--port"]);
    expect(configOf('app_args = "x"', { positionalApp: "a", appArgs: [] }).appArgs).toEqual([]);
  });

  test("are refused where there is no app, and where two of them disagree", () => {
    expect(errorsOf(undefined, { appArgs: ["./app.ts"] })).toEqual([
      '--: expected an app that gets ["./app.ts"]: name APP before "--"',
    ]);
    expect(errorsOf('app_args = "x"')).toEqual([
      'conf/pounce.toml:1:1 app_args: expected an app that gets "x": set "app" as well',
    ]);
    const input = { positionalApp: "a", flags: { "app-args": "x" }, appArgs: ["y"] };
    expect(errorsOf(undefined, input)).toEqual(['--app-args: ["y"] is given after "--" already']);
  });
});

describe("affinity", () => {
  test("is refused where all workers accept from one socket", () => {
    const why =
      "all workers accept from one socket, and a client's connections come to any of them";
    const got = `got "client": ${why}`;
    expect(errorsOf('affinity = "client"\nuds = "/run/a.sock"')).toEqual([
      `conf/pounce.toml:1:1 affinity: expected "none" with uds, ${got}`,
    ]);
    expect(errorsOf('affinity = "client"\nsocket_activation = true')).toEqual([
      `conf/pounce.toml:1:1 affinity: expected "none" with socket_activation, ${got}`,
    ]);
    expect(configOf('affinity = "none"\nuds = "/run/a.sock"').affinity).toBe("none");
    expect(configOf('affinity = "client"').affinity).toBe("client");
  });
});

describe("a relative path", () => {
  test("in the file starts at the file", () => {
    const toml = 'app = "./app.ts"\nworking_directory = "apps"\npid_file = "p"\n';
    expect(configOf(`${toml}control_socket = "../s"`)).toMatchObject({
      file: join(conf, "pounce.toml"),
      app: "./app.ts",
      appBase: conf,
      workingDirectory: join(conf, "apps"),
      pidFile: join(conf, "p"),
      controlSocket: `${conf}/../s`,
    });
  });

  test("in a flag or variable starts at the working directory", () => {
    const env = { POUNCE_PID_FILE: "p" };
    const flags = { "working-directory": "conf" };
    expect(configOf("", { env, flags, positionalApp: "app" })).toMatchObject({
      app: "app",
      appBase: root,
      workingDirectory: conf,
      pidFile: join(root, "p"),
    });
  });

  test("is absent: workers run in the file's folder, where the demo's would be", () => {
    expect(configOf("")).toMatchObject({ appBase: conf, workingDirectory: conf });
  });

  test("keeps the symlinks on its way", () => {
    const current = join(root, "current");
    symlinkSync("conf", current);
    expect(configOf('app = "./a.ts"', { cwd: current, flags: { config: "pounce.toml" } })).toEqual(
      expect.objectContaining({
        file: join(current, "pounce.toml"),
        appBase: current,
        workingDirectory: current,
      }),
    );
  });
});

describe("the errors", () => {
  test("come all at once, each with its place", () => {
    const input: Partial<LoadInput> = {
      env: { POUNCE_WOKERS: "3", POUNCE_PORT: "", PORT: "http", HOME: "/", POUNCE_APP: undefined },
      flags: { "keep-alive-timeout": "10 s" },
      positionalApp: "./app.ts:1",
    };
    expect(errorsOf('workers = "many"', input)).toEqual([
      'conf/pounce.toml:1:1 workers: expected a whole number from 1 to 1024 or "auto", got "many"',
      'PORT: expected a whole number from 0 to 65535, got "http"',
      'POUNCE_WOKERS: unknown variable (did you mean "POUNCE_WORKERS"?)',
      'POUNCE_PORT: expected a whole number from 0 to 65535, got ""',
      expect.stringMatching(
        /^APP: expected a module such as .*, got "\.\/app\.ts:1" \("1" is neither/,
      ),
      expect.stringMatching(/^--keep-alive-timeout: expected a duration from 1s to 1h .* "10 s"$/),
    ]);
  });

  test("of the file come also when a flag decides", () => {
    expect(errorsOf("port = -1", { flags: { port: "1" } })).toHaveLength(1);
  });

  test.each([
    ["is missing", "nope.toml", "nope.toml: no such file"],
    ["is a folder", "conf", "conf: is a folder, not a file"],
    ["is below a file", "conf/pounce.toml/x", "conf/pounce.toml/x: no such file: a part of"],
    ["is a device", "/dev/null", "/dev/null: is not a regular file"],
    ["is no text of settings", process.execPath, `${process.execPath}: is larger than 1 MiB`],
    ["is a circle", "loop", "loop: its symlinks form a loop"],
    ["is not text", "binary", "binary: is not UTF-8 text"],
    ["is not TOML", "broken", "broken:2:5 not valid TOML: "],
    ["has no name", "", '--config: expected a path, got ""'],
  ])("say that the file %s", (_, config, message) => {
    rmSync(join(root, "loop"), { force: true });
    symlinkSync("loop", join(root, "loop"));
    writeFileSync(join(root, "binary"), new Uint8Array([0x61, 0xff]));
    writeFileSync(join(root, "broken"), "a = 1\nb = \n");
    const [error, ...more] = errorsOf(undefined, { flags: { config } });
    expect(error).toStartWith(message);
    expect(error).not.toContain("\n");
    expect(more).toEqual([]);
  });

  test("say that workers cannot run in a folder that is not there", () => {
    expect(errorsOf('\nworking_directory = "gone"')).toEqual([
      `conf/pounce.toml:2:1 working_directory: expected a folder, got "gone" (${conf}/gone)`,
    ]);
  });
});

describe("a PORT for the app that is not pounce's port is a warning with what to write:", () => {
  test.each([
    [
      "another port",
      'env = { PORT = "4000" }',
      ["PORT = 4000 in [env] or env_file does not count"],
    ],
    ["the same port", 'port = 4000\nenv = { PORT = "4000" }', []],
    ["no port", 'env = { PORT = "" }', []],
  ])("%s", (_what, text, expected) => {
    const result = load(text);
    const warnings = result.ok ? result.warnings : [];
    expect(warnings.filter((it) => it.includes("PORT")).map((it) => it.split(":")[0])).toEqual(
      expected,
    );
  });
});

describe("the variables of a Kubernetes Service named pounce", () => {
  const links = {
    POUNCE_SERVICE_HOST: "10.0.0.1",
    POUNCE_SERVICE_PORT: "80",
    POUNCE_SERVICE_PORT_HTTP: "80",
    POUNCE_PORT: "tcp://10.0.0.1:80",
    POUNCE_PORT_80_TCP: "tcp://10.0.0.1:80",
    POUNCE_PORT_80_TCP_PROTO: "tcp",
    POUNCE_PORT_80_TCP_PORT: "80",
    POUNCE_PORT_80_TCP_ADDR: "10.0.0.1",
    POUNCE_API_SERVICE_HOST: "10.0.0.2",
    POUNCE_API_PORT: "tcp://10.0.0.2:80",
  };

  test("are ignored, with one warning", () => {
    const result = load(undefined, { env: links });
    expect(result).toMatchObject({ ok: true, config: { port: 8000 } });
    expect(result).toHaveProperty("warnings.length", 1);
  });

  test("do not hide other unknown ones", () => {
    expect(errorsOf(undefined, { env: { ...links, POUNCE_API: "1" } })).toEqual([
      'POUNCE_API: unknown variable (did you mean "POUNCE_APP"?)',
    ]);
  });
});
