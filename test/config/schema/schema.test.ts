// Every key of the schema: names, defaults, good values and bad ones.
import { describe, expect, test } from "bun:test";
import * as v from "valibot";
import { KEYS } from "../../../src/config/schema/keys.ts";
import { CONFIG_SCHEMA } from "../../../src/config/schema/schema.ts";
import { settingError, settingOfText } from "../../../src/config/schema/setting.ts";

function keyNamed(name: string) {
  const key = KEYS.find((candidate) => candidate.name === name);
  if (key === undefined) throw new Error(`no key ${name}`);
  return key;
}

/** True when a file may have this value. */
function takes(name: string, value: unknown): boolean {
  return v.safeParse(keyNamed(name).schema, value).success;
}

/** What a text means for a key, or the error. */
function valueOf(name: string, text: string): unknown {
  const key = keyNamed(name);
  const setting = settingOfText({ key, text, place: `--${key.flag}`, baseFolder: "/" });
  return settingError(setting) ?? v.parse(key.schema, setting.value);
}

describe("the schema", () => {
  test("gives the documented defaults", () => {
    expect(v.parse(CONFIG_SCHEMA, {})).toEqual({
      host: ["127.0.0.1"],
      port: 8000,
      uds_permissions: 0o660,
      socket_activation: false,
      affinity: "none",
      workers: "auto",
      reload_timeout: 30_000,
      startup_timeout: 30_000,
      shutdown_timeout: 30_000,
      shutdown_delay: 0,
      keep_alive_timeout: 10_000,
      request_timeout: 0,
      request_id: false,
      h2c: false,
      tls: {
        http2: true,
        min_version: "1.2",
        acme: {
          directory: "https://acme-v02.api.letsencrypt.org/directory",
          http_port: 80,
        },
      },
      log: {
        level: "info",
        format: "text",
        capture: false,
        access: "off",
        access_format: "common",
      },
      limits: {
        max_request_size: 16 * 1024 * 1024,
        max_connections: 0,
        min_upload_rate: 1024,
        header_timeout: 10_000,
      },
      metrics: { path: "/metrics" },
      rollout: {
        strategy: "all",
        max_surge: 1,
        verify_timeout: 30_000,
        canary: 0,
        canary_duration: 30_000,
        bake: 0,
        max_error_rate: 0.05,
        max_latency_ratio: 0,
        min_requests: 50,
        max_draining: 3,
      },
      watchdog: { hang_timeout: 30_000 },
      recycle: { max_requests: 0, max_requests_jitter: 0, max_rss: 0, max_lifetime: 0 },
      websocket: { on_reload: "close", close_code: 1012, publish: "worker" },
      respawn: {
        max_crashes: 5,
        window: 60_000,
        backoff_min: 500,
        backoff_max: 30_000,
        uncaught: "recycle",
      },
    });
  });

  test("gives no two keys one flag, variable or short flag", () => {
    for (const names of [
      KEYS.map(({ flag }) => flag),
      KEYS.map(({ variable }) => variable),
      KEYS.flatMap(({ short }) => short ?? []),
    ]) {
      expect(new Set(names).size).toBe(names.length);
    }
  });

  test("derives the names of a key in a table", () => {
    expect(keyNamed("log.level")).toMatchObject({
      path: ["log", "level"],
      flag: "log-level",
      variable: "POUNCE_LOG_LEVEL",
      defaultValue: "info",
    });
  });

  test("derives the names of a key", () => {
    expect(keyNamed("reload_timeout")).toMatchObject({
      path: ["reload_timeout"],
      flag: "reload-timeout",
      variable: "POUNCE_RELOAD_TIMEOUT",
      defaultValue: 30,
    });
  });
});

describe("a file", () => {
  const table: Record<string, { good: unknown[]; bad: unknown[] }> = {
    app: { good: ["./app.ts", "a:b"], bad: ["", "a:", "a\0b", 1, ["a"]] },
    app_args: { good: ["--x", "", ["a", ""], []], bad: ["a\0b", 1, [1]] },
    host: {
      good: ["::", "0.0.0.0", "localhost", "a.example", "web_1", ["::1", "127.0.0.1"]],
      bad: ["", [], ["a", "A"], [""], "a b", "256.1.1.1", "1.2.3", "[::1]", "a:80", "-a", 1, "a."],
    },
    port: { good: [0, 1, 65_535], bad: [-1, 65_536, 1.5, "80", true, Number.NaN, Infinity] },
    uds: { good: ["app.sock", "/run/app.sock", "@app"], bad: ["", "@", "a\0b", 8000] },
    uds_permissions: { good: ["660", "0600", "777"], bad: ["", "66", "888", "rw", 660] },
    socket_activation: { good: [true, false], bad: ["yes", 1] },
    affinity: { good: ["none", "client"], bad: ["", "slot", "Client", true, 1] },
    workers: { good: [1, 1024, "auto"], bad: [0, 1025, -1, 1.5, "many", "4", ""] },
    working_directory: { good: [".", "/srv"], bad: ["", "a\0", 1] },
    user: {
      good: ["www-data", 33, 0, "a.b", "DOM\\\\x"],
      bad: ["", "a:b", "/a", "-a", -1, 1.5, 2 ** 32],
    },
    group: { good: ["adm", 4], bad: ["", true, "a\nb"] },
    reload_timeout: { good: [0.1, 30, "100ms", "24h"], bad: [0, 0.099, 86_401, "25h", -1, "x"] },
    startup_timeout: { good: [1], bad: [0] },
    shutdown_timeout: { good: [1], bad: [0] },
    shutdown_delay: { good: [0, "0s", 3600], bad: [-0.1, 3601, "", Number.NaN] },
    keep_alive_timeout: { good: [1, 255, "1.5", "1h"], bad: [0, 0.9, 3601, Infinity, [10]] },
    request_timeout: { good: [0, 0.1, "30s", 86_400], bad: [-1, 86_401, "soon"] },
    health_check_path: {
      good: ["/", "/health", "/-/healthy.json", "/a%20b"],
      bad: ["", "health", "/a?b", "/a#b", "/a b", "/*", "/:id", "//host/a", "/a/../b", "/é", "/\\"],
    },
    h2c: { good: [true, false], bad: ["true", 1] },
    pid_file: { good: ["x.pid"], bad: ["", 1] },
    control_socket: { good: ["/run/p.sock"], bad: [""] },
    state_directory: { good: ["/var/lib/x", "state"], bad: ["", 1] },
    trusted_proxies: {
      good: ["127.0.0.1", ["10.0.0.0/8", "::1", "fd00::/8"], [], ["unix"]],
      bad: [
        "",
        "localhost",
        "10.0.0.0/33",
        "::/129",
        "10.0.0.0/8/8",
        "10.0.0.0/",
        "fe80::1%eth0",
        1,
      ],
    },
    request_id: { good: [true, false], bad: ["true", 1] },
    env_file: { good: [".env", [".env", "more.env"], []], bad: ["", [""], 1, "a\0", [1]] },
    slot_variable: { good: ["NODE_APP_INSTANCE", "a b"], bad: ["", "A=B", "BUN_OPTIONS", "\0", 1] },
    "tls.cert": { good: ["a.pem", ["a.pem", "b.pem"]], bad: ["", [""], 1, "a\0"] },
    "tls.key": { good: ["a.key", ["a.key", "b.key"]], bad: ["", 1] },
    "tls.http2": { good: [true, false], bad: ["true", 1] },
    "tls.min_version": { good: ["1.2", "1.3"], bad: ["1.1", "TLSv1.2", 1.2, ""] },
    "tls.acme.domains": {
      good: ["a.test", "WWW.Example.com", ["a.test", "b.test"], "bücher.example", "intranet"],
      bad: [
        "",
        [],
        "*.a.test",
        "1.2.3.4",
        "::1",
        "https://a.test",
        "a.test:443",
        "a_b.test",
        "-a.test",
        "a..test",
        "a.test.",
        ["a.test", "A.test"],
        1,
      ],
    },
    "tls.acme.email": { good: ["ops@example.com"], bad: ["", "ops", "a@b,c@d.e", "mailto:"] },
    "tls.acme.directory": {
      good: ["https://ca.test/acme", "https://localhost:14000/dir"],
      bad: ["", "letsencrypt", "http://ca.test/acme", "https://a:b@ca.test/", "https://"],
    },
    "tls.acme.ca": { good: ["ca.pem"], bad: ["", 1] },
    "tls.acme.http_port": { good: [80, 8402], bad: [0, 65_536, "80"] },
    "metrics.port": { good: [1, 65_535], bad: [0, 65_536, "9000", true] },
    "metrics.path": { good: ["/metrics"], bad: ["metrics", "/a?b"] },
    "log.level": { good: ["debug", "info", "warn", "error"], bad: ["", "INFO", "trace", 3] },
    "log.format": { good: ["text", "json"], bad: ["", "logfmt", true] },
    "log.file": { good: ["pounce.log", "/dev/null"], bad: ["", 1] },
    "log.access": { good: ["off", "stdout", "access.log"], bad: ["", true] },
    "log.access_format": { good: ["common", "combined", "json"], bad: ["", "text"] },
    "log.access_exclude": {
      good: ["/health", ["/a/*", "/b"], "/*"],
      bad: ["", "health", "/a*b", "/a?b"],
    },
    "log.capture": { good: [true, false], bad: ["true", 1, ""] },
    "limits.max_request_size": {
      good: [1, 1000, "16MiB", "1.5kB", "10", "1TiB", "2GB"],
      bad: [0, -1, 1.5, "", "16M", "16 MiB", "16mib", "2TiB", Infinity, true],
    },
    "limits.max_connections": { good: [0, 1000], bad: [-1, 1.5, "10"] },
    "limits.min_upload_rate": { good: [0, 512, "1KiB"], bad: [-1, "1KiB/s", "2GiB"] },
    "limits.header_timeout": { good: [1, 12, "5s"], bad: [0, 0.9, 12.1, "30s"] },
    "rollout.strategy": { good: ["all", "rolling", "restart"], bad: ["blue-green", true, 1] },
    "rollout.max_surge": { good: [1, 1024], bad: [0, 1.5, "1"] },
    "rollout.warmup": {
      good: ["/", "/a?b=c", ["/a", "/b"], []],
      bad: ["", "a", "/a b", "/a#b", "/é", ["/", 1]],
    },
    "rollout.verify": {
      good: ["./smoke.sh", ["./smoke.sh", "a b", "-c"]],
      bad: ["", [], ["", "a"], ["a", ""], 1, "a\0", ["a", 1]],
    },
    "rollout.verify_timeout": { good: [1, "30s", "1h"], bad: [0, "999ms", "61m", true] },
    "rollout.canary": { good: [0, 0.1, 0.99], bad: [-0.1, 1, 10, "10%"] },
    "rollout.canary_duration": { good: [1, "1s", "24h"], bad: [0, "999ms", "25h", true] },
    "rollout.bake": { good: [0, "10m", "24h"], bad: [-1, "25h", "long"] },
    "rollout.max_error_rate": { good: [0, 0.05, 1, "1x", "2.5x"], bad: [1.1, "5%", "0.5x", "x"] },
    "rollout.max_latency_ratio": { good: [0, 1, 1.5, 1000], bad: [0.5, -1, "2x", 1001] },
    "rollout.min_requests": { good: [1, 1_000_000], bad: [0, 1.5, "50"] },
    "rollout.max_draining": { good: [1, 100], bad: [0, 101] },
    "recycle.max_requests": { good: [0, 1, 1_000_000_000], bad: [-1, 1.5, "10", 1e10] },
    "recycle.max_requests_jitter": { good: [0, 500], bad: [-1, 1.5, "10"] },
    "recycle.max_rss": { good: [0, "0", "0MiB", "512MiB", 33_554_432], bad: [-1, 512, "31MiB"] },
    "recycle.max_lifetime": { good: [0, "0h", 1, "12h", "8760h"], bad: [-1, 0.5, "9000h", true] },
    "respawn.max_crashes": { good: [1, 1000], bad: [0, 1001, 1.5, "5"] },
    "respawn.window": { good: ["60s", 0.1], bad: [0, "25h"] },
    "respawn.backoff_min": { good: ["10ms", 0.5, "1h"], bad: [0, "9ms", "61m"] },
    "respawn.backoff_max": { good: ["30s"], bad: [0] },
    "respawn.uncaught": { good: ["recycle", "exit", "log"], bad: ["", "Exit", "ignore", true] },
    "watchdog.hang_timeout": {
      good: [0, "0", "0s", 1, "30s", "24h"],
      bad: [-1, 0.5, "999ms", "25h", true],
    },
    "websocket.on_reload": { good: ["close", "carry"], bad: ["move", true] },
    "websocket.close_code": {
      good: [1000, 1001, 1008, 1011, 1012, 1013, 3000, 4999],
      bad: [0, 999, 1002, 1005, 1006, 1014, 1015, 2000, 2999, 5000, 3000.5, "1012", true],
    },
    "websocket.publish": {
      good: ["worker", "server", "redis://a", "rediss://u:p@a:1?channel=b", "redis+unix:///a.sock"],
      bad: ["", "Server", "all", true, "http://a", "redis://", "redis:///", "redis://a?c=b"],
    },
    env: {
      good: [{}, { A: "", B: 1.5, C: true, "a.b": "x" }],
      bad: ["A=1", 1, { A: [] }, { A: {} }, { "": "x" }, { "A=B": "x" }, { A: "\0" }],
    },
  };

  test("has all its keys tried here", () => {
    expect(Object.keys(table)).toEqual(KEYS.map(({ name }) => name));
  });

  test.each(Object.entries(table))("is judged by its %s", (name, { good, bad }) => {
    expect(good.filter((value) => !takes(name, value))).toEqual([]);
    expect(bad.filter((value) => takes(name, value))).toEqual([]);
  });
});

describe("a flag or variable", () => {
  const WORKERS = '--workers: expected a whole number from 1 to 1024 or "auto", got';
  const cases: [string, string, unknown][] = [
    ["workers", "4", 4],
    ["workers", "auto", "auto"],
    ["workers", "many", `${WORKERS} "many"`],
    ["workers", "1e2", `${WORKERS} "1e2"`],
    ["workers", "4 ", `${WORKERS} "4 "`],
    ["port", "0080", 80],
    ["reload_timeout", "1.5", 1500],
    ["reload_timeout", "2m", 120_000],
    ["host", "::1, localhost", ["::1", "localhost"]],
    ["pid_file", "5", "5"],
  ];

  test.each(cases)("for %s with the text %p gives %p", (name, text, expected) => {
    expect(valueOf(name, text)).toEqual(expected);
  });
});
