// Settings and errors of a configuration file, each at its place.
import { describe, expect, test } from "bun:test";
import * as v from "valibot";
import { keysOf } from "../../../src/config/schema/keys.ts";
import { CONFIG_SCHEMA, NEEDED_IN } from "../../../src/config/schema/schema.ts";
import { showName, showValue, tableOf } from "../../../src/config/schema/setting.ts";
import { readToml } from "../../../src/config/sources/toml.ts";

/** The schema as it will be when it has tables. */
const WITH_TABLES = v.strictObject({
  ...CONFIG_SCHEMA.entries,
  log: v.optional(
    v.strictObject({ workers: CONFIG_SCHEMA.entries.workers, port: CONFIG_SCHEMA.entries.port }),
    {},
  ),
});

const ENV = { PORT: "8080", EMPTY: "", HOSTS: "::1, 127.0.0.1", ODD: "${PORT}", YES: "true" };

function errorsOf(text: string): readonly string[] {
  return readToml({ text, name: "p.toml", folder: "/srv", env: ENV }, WITH_TABLES.entries).errors;
}

test("an empty table that needs something is an error with its place", () => {
  const file = { text: "workers = 1\n[log]\n", name: "p.toml", folder: "/srv", env: ENV };
  expect(readToml(file, WITH_TABLES.entries).errors).toEqual([]);
  expect(readToml(file, WITH_TABLES.entries, { log: "port = 1" }).errors).toEqual([
    "p.toml:2:2 log: expected port = 1 in it, got an empty table",
  ]);
});

test("[tls] whose lines are all comments is no server without TLS", () => {
  const file = { text: '[tls]\n# cert = "a.pem"\n', name: "p.toml", folder: "/srv", env: ENV };
  expect(readToml(file, CONFIG_SCHEMA.entries, NEEDED_IN).errors).toEqual([
    "p.toml:1:2 tls: expected cert and key, or acme, in it, got an empty table",
  ]);
});

describe("a valid key in the wrong place is sent to its own:", () => {
  test.each([
    ["max_connections = 1", '"max_connections" in [limits]'],
    ['[limits]\nrequest_timeout = "1s"', '"request_timeout" above the first table'],
    ['tls_cert = "a"', '"cert" in [tls]'],
    ['ssl_certificate = "a"', '"cert" in [tls]'],
    ['[tls]\ntls_cert = "a"', '"cert"'],
    ["[tls]\nport = 1", '"port" above the first table'],
    ["[acme]\ndomains = []", '"acme" in [tls]'],
  ])("%j", (text, meant) => {
    const file = { text, name: "p.toml", folder: "/srv", env: ENV };
    const [error] = readToml(file, CONFIG_SCHEMA.entries).errors;
    expect(error).toEndWith(`: unknown key (did you mean ${meant}?)`);
  });
});

describe("a configuration file", () => {
  test("gives all its errors at once, in the order of the text", () => {
    const text = `
# a comment
workers = "many"
wrokers = 3
  port = 70000 # too high
[log]
worker = 1
workers = 0
[lgo]
`;
    expect(errorsOf(text)).toEqual([
      'p.toml:3:1 workers: expected a whole number from 1 to 1024 or "auto", got "many"',
      'p.toml:4:1 wrokers: unknown key (did you mean "workers"?)',
      "p.toml:5:3 port: expected a whole number from 0 to 65535, got 70000",
      'p.toml:7:1 log.worker: unknown key (did you mean "workers"?)',
      'p.toml:8:1 log.workers: expected a whole number from 1 to 1024 or "auto", got 0',
      'p.toml:9:2 lgo: unknown key (did you mean "log"?)',
    ]);
  });

  test.each([
    ["a table for a value", "[port]", "p.toml:1:2 port: expected a whole number", "got a table"],
    ["a value for a table", "log = 1", "p.toml:1:1 log: expected a table", "got 1"],
    ["tables for a table", "[[log]]", "p.toml:1:3 log: expected a table", "got [a table]"],
    ["a date", "port = 2020-01-01", "p.toml:1:1 port: ", "got 2020-01-01"],
    ["a name of every object", "constructor = 1", "p.toml:1:1 constructor: unknown key", ""],
    ["__proto__", "__proto__ = 1", "p.toml:1:1 __proto__: unknown key", ""],
    ["a name with a line end", '"a\\nb" = 1', 'p.toml:1:1 "a\\nb": unknown key', ""],
    ["a host twice", 'host = ["a", "a"]', "p.toml:1:1 host: ", '("a" is listed twice)'],
    ["no network", 'trusted_proxies = ["::1", "b"]', "p.toml:1:1 ", '("b" is none of these)'],
  ])("refuses %s", (_, text, start, end) => {
    const [error, ...more] = errorsOf(text);
    expect(error).toStartWith(start);
    expect(error).toContain(end);
    expect(error).not.toContain("\n");
    expect(more).toEqual([]);
  });

  test("gives its valid settings, with the folder that their paths start from", () => {
    const text = "port = 1\nlog.workers = 2\nlog.port = -1";
    const { settings } = readToml(
      { text, name: "p.toml", folder: "/srv", env: ENV },
      WITH_TABLES.entries,
    );
    expect(settings.map(({ key, value, baseFolder }) => [key.name, value, baseFolder])).toEqual([
      ["port", 1, "/srv"],
      ["log.workers", 2, "/srv"],
    ]);
  });
});

describe("a table of the schema", () => {
  test("gives its keys names with the table's", () => {
    const names = keysOf(WITH_TABLES.entries).map(({ name, flag, variable }) => [
      name,
      flag,
      variable,
    ]);
    expect(names).toContainEqual(["log.port", "log-port", "POUNCE_LOG_PORT"]);
  });

  test("gets the settings of its keys, and defaults for the others", () => {
    const text = "[log]\nworkers = 2";
    const { settings } = readToml(
      { text, name: "p.toml", folder: "/srv", env: ENV },
      WITH_TABLES.entries,
    );
    const byName = new Map(settings.map((setting) => [setting.key.name, setting]));
    const table = tableOf(byName, WITH_TABLES.entries);
    expect(v.parse(WITH_TABLES, table)).toMatchObject({
      port: 8000,
      log: { workers: 2, port: 8000 },
    });
  });
});

describe("what was written is shown", () => {
  test.each([
    ["a\n\u001b[31m", '"a\\n\\u001b[31m"'],
    [[1, "b", { c: 1 }], '[1, "b", a table]'],
    [Infinity, "Infinity"],
    ["x".repeat(100), `"${"x".repeat(79)}…`],
  ])("on one line: %p as %s", (value, shown) => {
    expect(showValue(value)).toBe(shown);
  });

  test.each([
    ["a-b_1", "a-b_1"],
    ["", '""'],
    ["a b", '"a b"'],
  ])("by name: %p as %s", (name, shown) => {
    expect(showName(name)).toBe(shown);
  });
});

/** The value of a key of the file, or the error. */
function valueOf(text: string): unknown {
  const file = { text, name: "p.toml", folder: "/srv", env: ENV };
  const { settings, errors } = readToml(file, CONFIG_SCHEMA.entries);
  return errors[0] ?? settings[0]?.value;
}

describe("a reference to the environment", () => {
  test.each([
    ['app = "./${PORT}/app.ts"', "./8080/app.ts"],
    ['port = "${PORT}"', 8080],
    ['port = "${NONE:-81}"', 81],
    ['port = "${EMPTY:-81}"', 81],
    ['workers = "${NONE:-auto}"', "auto"],
    ['request_id = "${YES}"', true],
    ['reload_timeout = "${NONE:-2m}"', "2m"],
    ['reload_timeout = "${NONE:-30}"', "30"],
    ['log.level = "${NONE:-debug}"', "debug"],
    ['host = "${HOSTS}"', ["::1", "127.0.0.1"]],
    ['host = ["a${PORT}", "b"]', ["a8080", "b"]],
    ['env.URL = "http://h:${PORT}/${NONE:-x y}$${PORT}"', { URL: "http://h:8080/x y${PORT}" }],
    ['env = { A = "${EMPTY}", B = 1.10, C = "$$${PORT}$" }', { A: "", B: "1.10", C: "$${PORT}$" }],
    ["env.ODD = '${ODD}'", { ODD: "${PORT}" }],
    ['app = "$${PORT}.ts"', "${PORT}.ts"],
  ])("%s", (text, value) => {
    expect(valueOf(text)).toEqual(value);
  });

  const refused: [string, string][] = [
    [
      '# one\n  port = "${NONE}"',
      "p.toml:2:3 port: the variable NONE is not set: set it, or write",
    ],
    ['host = ["a", "${NONE}"]', "p.toml:1:1 host: the variable NONE is not set"],
    ['[env]\nA = "x${NONE}"', "p.toml:2:1 env.A: the variable NONE is not set"],
    ['app = "${PORT"', 'p.toml:1:1 app: "${" starts the name of a variable'],
    ['app = "${}"', 'write "$${" for a literal "${"'],
    ['app = "${PORT-1}"', '"${NAME:-default}"'],
    ['app = "${NONE:-${PORT}}"', "the default of NONE is taken literally"],
    ['port = "${HOSTS}"', 'got "::1, 127.0.0.1" (of "${HOSTS}")'],
    ['port = "8080"', 'expected a whole number from 0 to 65535, got "8080"'],
  ];
  test.each(refused)("%s is refused", (text, error) => {
    expect(valueOf(text)).toStartWith("p.toml:");
    expect(valueOf(text)).toContain(error);
  });
});
