// The JSON Schema accepts and refuses what pounce does.
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { stringify } from "smol-toml";
import { configJsonSchema, schemaText } from "../../../src/config/schema/json-schema.ts";
import { KEYS } from "../../../src/config/schema/keys.ts";
import { loadConfig } from "../../../src/config/load.ts";

type Document = Record<string, unknown>;

const dir = mkdtempSync(join(tmpdir(), "pounce-schema-"));
afterAll(() => rmSync(dir, { recursive: true }));
// The file of `env_file` must exist, which no schema can judge.
for (const name of [".env", "more.env"]) writeFileSync(join(dir, name), "");

const schema = configJsonSchema();
const judgeBySchema = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(
  JSON.parse(schemaText()),
);

function isLoaded(document: Document): boolean {
  writeFileSync(join(dir, "pounce.toml"), stringify(document));
  return loadConfig({ flags: { config: "pounce.toml" }, env: { SET: "1" }, cwd: dir }).ok;
}

/** The value of a key under its dotted name, as a document. */
function documentOf(name: string, value: unknown): Document {
  return name
    .split(".")
    .reduceRight<unknown>((inner, part) => ({ [part]: inner }), value) as Document;
}

function valuesOf(name: string, ...values: unknown[]): Document[] {
  return values.map((value) => documentOf(name, value));
}

const ACCEPTED: Document[] = [
  {},
  { app: "./app.ts", host: ["::1", "127.0.0.1"], port: 0, workers: 4 },
  ...valuesOf("app", "app.ts", "myapp:app", "./app.ts:createApp()", "./a:b/app.ts", "./we:ird.ts"),
  ...valuesOf("app", "@org/app", "a:b:c", "./app.ts:$_ñ", " "),
  ...valuesOf("host", "localhost", "0.0.0.0", "::", "fe80::1%eth0", "::ffff:1.2.3.4", "a.b-c_d"),
  ...valuesOf("host", ["a", "b"], "1a.com", "3com"),
  ...valuesOf("port", 0, 1, 65_535),
  ...valuesOf("workers", 1, 1024, "auto"),
  ...valuesOf("reload_timeout", 0.1, 1, 1.5, 86_400, "500ms", "1.5s", "2m", "24h", "30"),
  ...valuesOf("shutdown_delay", 0, 3600, "0", "1h"),
  ...valuesOf("keep_alive_timeout", 1, 3600, "1000ms"),
  ...valuesOf(
    "health_check_path",
    "/",
    "/health",
    "/a/b.c",
    "/-/healthz",
    "/.well-known/x",
    "/a/.b",
  ),
  ...valuesOf("health_check_path", "/!$%&'()+,;=@[]_|~", "/a//b", "/..a"),
  ...valuesOf("pid_file", "a", "/run/p.pid", "é", "a\nb"),
  ...valuesOf("env_file", ".env", [".env", "more.env"], []),
  ...valuesOf("log", {}, { level: "warn", format: "json", file: "pounce.log" }),
  ...valuesOf("limits", { max_request_size: "1.5MB" }, { max_request_size: 1000 }, {}),
  ...valuesOf("limits", { header_timeout: 12, min_upload_rate: 0 }),
  ...valuesOf("request_timeout", 0, "1m"),
  ...valuesOf("rollout", {}, { strategy: "rolling", max_surge: 2 }, { strategy: "restart" }),
  ...valuesOf("rollout", { canary: 0.1, canary_duration: "1m", bake: "10m", min_requests: 1 }),
  ...valuesOf("rollout", { bake: 1, max_error_rate: 1 }, { bake: 1, max_error_rate: "1.5x" }),
  ...valuesOf("rollout", { max_draining: 1 }),
  ...valuesOf("rollout", { bake: 1, max_latency_ratio: 0 }, { bake: 1, max_latency_ratio: 1.5 }),
  ...valuesOf("respawn", { max_crashes: 1, window: 60, backoff_min: "10ms", backoff_max: "1h" }),
  ...valuesOf("respawn", { uncaught: "recycle" }, { uncaught: "exit" }, { uncaught: "log" }),
  ...valuesOf("websocket", {}, { publish: "worker" }, { publish: "redis://a" }),
  ...valuesOf("watchdog", {}, { hang_timeout: 0 }, { hang_timeout: "0s" }, { hang_timeout: "1m" }),
  ...valuesOf("websocket", {}, { close_code: 1000 }, { close_code: 4001 }),
  ...valuesOf("recycle", {}, { max_requests: 5, max_requests_jitter: 2 }, { max_rss: "1GiB" }),
  ...valuesOf("recycle", { max_rss: 0 }, { max_rss: "0B" }, { max_lifetime: "12h" }),
  ...valuesOf("port", "${NONE:-8000}", "${SET}"),
  ...valuesOf("workers", "${NONE:-auto}"),
  ...valuesOf("host", "${NONE:-a}", ["${NONE:-a}", "b"]),
  ...valuesOf("request_id", "${NONE:-true}"),
  ...valuesOf("reload_timeout", "${NONE:-2m}"),
  ...valuesOf("log", { level: "${NONE:-warn}", access_exclude: ["${NONE:-/a}"] }),
  ...valuesOf("health_check_path", "${NONE:-/health}"),
  ...valuesOf("env", { A: "$${A}", B: "${SET}" }),
  { uds: "/run/a.sock", socket_activation: false },
  { port: 1, socket_activation: "${NONE:-false}" },
  { host: "a", port: 1, socket_activation: false },
  ...valuesOf("tls", { cert: "a.pem", key: "a.key", acme: { http_port: 81 } }),
  ...valuesOf("tls", { acme: { domains: ["a.test"] } }),
  ...valuesOf("env", {}, { NAME: "value", NUMBER: 1.5, FLAG: true, "c.d": "" }),
];

const REFUSED: Document[] = [
  { wrokers: 4 },
  { constructor: 1 },
  ...valuesOf("app", "", 1, true, ":app", "app:", "app:1x", "app:a()()", "a\u0000b", ["app.ts"]),
  ...valuesOf("host", "", [], ["a", "a"], "256.1.1.1", "a b", "-a", "a-", "a..b", "http://a", 1),
  ...valuesOf("host", "1", "a.1", `${"a".repeat(254)}`, ["a", 1]),
  ...valuesOf("port", "${", "${1}", "${SET", "$SET", -1, 65_536, 1.5, "8000", true, [8000]),
  ...valuesOf("workers", 0, 1025, 1.5, "many", "4", ""),
  ...valuesOf("reload_timeout", 0, 0.05, -1, 86_401, "", "fast", "1 s", "-1s", "1d", "1e3", true),
  ...valuesOf("shutdown_delay", -1, 3601),
  ...valuesOf("keep_alive_timeout", 0, 0.9, 3601),
  ...valuesOf("health_check_path", "", "health", "/a?b", "/a#b", "/*", "/:id", "/a b", "/é", 1),
  ...valuesOf("health_check_path", "//a", "/a/../b", "/.", "/a/..", "/../a", "/a\\b", "/<a>", '/"'),
  ...valuesOf("pid_file", "", 1, "a\u0000b"),
  ...valuesOf("env_file", "", [""], 1, "a\u0000b"),
  ...valuesOf("log", "info", { level: "INFO" }, { format: "yaml" }, { file: "" }, { colour: true }),
  ...valuesOf("limits", { max_request_size: 0 }, { max_request_size: "16M" }, { size: 1 }),
  ...valuesOf("limits", { max_request_size: 1.5 }, { header_timeout: 13 }),
  ...valuesOf("rollout", { strategy: "blue" }, { canary: 1 }, { canary: "10%" }, { bake: -1 }),
  ...valuesOf("rollout", { max_error_rate: 2 }, { max_error_rate: "x" }, { max_draining: 0 }),
  ...valuesOf("rollout", { max_latency_ratio: 0.5 }, { min_requests: 0 }),
  ...valuesOf("respawn", { max_crashes: 0 }, { window: 0 }, { backoff_min: 0.001 }),
  ...valuesOf("websocket", "server", { publish: "" }, { publish: 1 }, { topics: "server" }),
  ...valuesOf("watchdog", 30, { hang_timeout: 0.5 }, { hang_timeout: -1 }, { timeout: 1 }),
  ...valuesOf("websocket", 1, { close_code: 1006 }, { close_code: "1012" }, { code: 1012 }),
  ...valuesOf("recycle", 1, { max_requests: -1 }, { max_rss: 512 }, { max_rss: "1G" }),
  ...valuesOf("env", 1, { "": "x" }, { "a=b": "x" }, { BUN_OPTIONS: "x" }, { A: ["x"] }),
  { uds: "/run/a.sock", port: 8000 },
  { uds: "/run/a.sock", host: "${SET}" },
  { uds: "/run/a.sock", socket_activation: true },
  { port: 8000, socket_activation: true },
  ...valuesOf("tls", { cert: "a.pem" }, { key: "a.key" }),
  ...valuesOf("tls", { cert: "a.pem", key: "a.key", acme: { domains: ["a.test"] } }),
  ...valuesOf("env", { A: "\u0000" }, { A: { B: "x" } }),
];

describe("the JSON Schema", () => {
  test.each(ACCEPTED)("and loadConfig accept %j", (document) => {
    expect([judgeBySchema(document), isLoaded(document)]).toEqual([true, true]);
  });

  test.each(REFUSED)("and loadConfig refuse %j", (document) => {
    expect([judgeBySchema(document), isLoaded(document)]).toEqual([false, false]);
  });

  test("leaves it to pounce what a variable holds", () => {
    const document = { port: "${NONE}" };
    expect([judgeBySchema(document), isLoaded(document)]).toEqual([true, false]);
  });

  test("refuses a certificate whose key is given elsewhere, which it cannot see", () => {
    const document = documentOf("tls", { cert: "a.pem" });
    writeFileSync(join(dir, "pounce.toml"), stringify(document));
    const flags = { config: "pounce.toml", "tls-key": "a.key" };
    const { ok } = loadConfig({ flags, env: {}, cwd: dir });
    expect([judgeBySchema(document), ok]).toEqual([false, true]);
  });

  test("leaves the range of a duration that is a string to pounce", () => {
    const document = { reload_timeout: "25h" };
    expect([judgeBySchema(document), isLoaded(document)]).toEqual([true, false]);
  });

  test("accepts each default", () => {
    for (const { name, defaultValue } of KEYS) {
      if (defaultValue !== undefined) {
        expect([name, judgeBySchema(documentOf(name, defaultValue))]).toEqual([name, true]);
      }
    }
  });

  test("describes each key, and has only keywords of JSON Schema (ajv is strict)", () => {
    expect(schema.$schema).toBe("https://json-schema.org/draft/2020-12/schema");
    for (const { path, meaning, expected, defaultValue } of KEYS) {
      const pointer = path.flatMap((name) => ["properties", name]);
      expect(schema).toHaveProperty(
        [...pointer, "description"],
        `${meaning}\nExpected: ${expected}`,
      );
      if (defaultValue !== undefined) {
        expect(schema).toHaveProperty([...pointer, "default"], defaultValue);
      }
    }
  });
});

test("its patterns need nothing that validators outside of JavaScript lack", () => {
  expect(schemaText()).not.toMatch(/\\\\[pP]\{|\\\\u\{|\(\?<[a-z]/);
});
