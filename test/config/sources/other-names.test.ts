// What other servers call a key, wherever it is written: in the file, as a flag, as a variable.
import { describe, expect, test } from "bun:test";
import { FLAG_KEYS } from "../../../src/config/schema/keys.ts";
import { CONFIG_SCHEMA } from "../../../src/config/schema/schema.ts";
import { readVariables } from "../../../src/config/sources/environment.ts";
import { suggest } from "../../../src/config/sources/nearest.ts";
import { namesHere, OTHER_NAMES } from "../../../src/config/sources/other-names.ts";
import { readToml } from "../../../src/config/sources/toml.ts";

function inFile(text: string): string | undefined {
  const file = { text, name: "p.toml", folder: "/srv", env: {} };
  return readToml(file, CONFIG_SCHEMA.entries).errors[0];
}

/** Name elsewhere, where it is written in the file, and what it is called here. */
const cases: readonly [name: string, inFile: string, flags: readonly string[]][] = [
  ["max_body", '"max_request_size" in [limits]', ["limits-max-request-size"]],
  ["max_body_size", '"max_request_size" in [limits]', ["limits-max-request-size"]],
  ["body_limit", '"max_request_size" in [limits]', ["limits-max-request-size"]],
  ["client_max_body_size", '"max_request_size" in [limits]', ["limits-max-request-size"]],
  ["maxRequestBodySize", '"max_request_size" in [limits]', ["limits-max-request-size"]],
  ["timeout", '"request_timeout"', ["request-timeout"]],
  ["keepalive", '"keep_alive_timeout"', ["keep-alive-timeout"]],
  ["keepalive_timeout", '"keep_alive_timeout"', ["keep-alive-timeout"]],
  ["threads", '"workers"', ["workers"]],
  ["processes", '"workers"', ["workers"]],
  ["instances", '"workers"', ["workers"]],
  ["bind", '"host" and "port"', ["host", "port"]],
  ["listen", '"host" and "port"', ["host", "port"]],
  ["max_memory_restart", '"max_rss" in [recycle]', ["recycle-max-rss"]],
  ["max_requests", '"max_requests" in [recycle]', ["recycle-max-requests"]],
  ["max_restarts", '"max_crashes" in [respawn]', ["respawn-max-crashes"]],
];

describe.each(cases)("%s of another server is known", (name, key, flags) => {
  test("as a key", () => {
    const meant = `unknown key (did you mean ${key}?)`;
    expect(inFile(`${name} = 1`)).toBe(`p.toml:1:1 ${name}: ${meant}`);
  });

  test("as a flag", () => {
    const flag = `--${name.replaceAll("_", "-")}`;
    const valid = FLAG_KEYS.map((it) => `--${it.flag}`);
    const meant = flags.map((it) => `"--${it}"`).join(" and ");
    expect(suggest(flag, "flag", valid)).toBe(`did you mean ${meant}?`);
  });

  test("as a variable", () => {
    const variable = `POUNCE_${name.toUpperCase()}`;
    const meant = flags.map((it) => `"POUNCE_${it.toUpperCase().replaceAll("-", "_")}"`);
    expect(readVariables({ [variable]: "1" }, "/srv").errors).toEqual([
      `${variable}: unknown variable (did you mean ${meant.join(" and ")}?)`,
    ]);
  });
});

test("in its own table its name alone is enough", () => {
  expect(inFile("[limits]\nmax_body = 1")).toEndWith('(did you mean "max_request_size"?)');
  expect(inFile('[limits]\ntimeout = "1s"')).toEndWith(
    '(did you mean "request_timeout" above the first table?)',
  );
});

test("each stands for keys that there are, and is not the name of one itself", () => {
  const own = new Set(FLAG_KEYS.map(({ flag }) => flag.replaceAll("-", "_")));
  for (const name of own) expect(namesHere(name)).toEqual([]);
  expect(Object.keys(OTHER_NAMES).filter((it) => !own.has(it))).toEqual([]);
});
