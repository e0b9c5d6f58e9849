// The arguments that configuration keys make, and mistakes in them.
import { describe, expect, test } from "bun:test";
import { parseArgs } from "citty";
import { serveCommand } from "../../src/cli/commands/serve-command.ts";
import { helpText } from "../../src/cli/help.ts";
import { judge } from "../../src/cli/judge.ts";
import { inputOf } from "../../src/cli/key-args.ts";
import type { LoadInput } from "../../src/config/load.ts";
import { FLAG_KEYS } from "../../src/config/schema/keys.ts";

/** The input of `loadConfig`, or what is wrong. */
function parse(...argv: string[]) {
  const judged = judge(argv, serveCommand);
  if (judged.kind !== "valid") return judged;
  const args = parseArgs(judged.rawArgs, serveCommand.args);
  const { flags, positionalApp, appArgs } = inputOf(args as never, judged.rest);
  return { flags, positionalApp, appArgs };
}

describe("the arguments of serve", () => {
  const cases: [string[], string | undefined, LoadInput["flags"]][] = [
    [[], undefined, {}],
    [["app.ts"], "app.ts", {}],
    [["serve"], "serve", {}],
    [["serv"], "serv", {}],
    [["app.ts", "-w", "4"], "app.ts", { workers: "4" }],
    [["-w", "4", "app.ts"], "app.ts", { workers: "4" }],
    [["-w4"], undefined, { workers: "4" }],
    [["--reload-timeout", "60"], undefined, { "reload-timeout": "60" }],
    [["--reload-timeout=60"], undefined, { "reload-timeout": "60" }],
    [["--pid-file=a=b"], undefined, { "pid-file": "a=b" }],
    [["--pid-file="], undefined, { "pid-file": "" }],
    [["--pid-file=-x"], undefined, { "pid-file": "-x" }],
    [["--pid-file", "-"], undefined, { "pid-file": "-" }],
    [["-c", "pounce.toml"], undefined, { config: "pounce.toml" }],
    [["--config=pounce.toml"], undefined, { config: "pounce.toml" }],
    [["-H", "::1", "--host", "a,b"], undefined, { host: "::1,a,b" }],
    [["--port", "-1"], undefined, { port: "-1" }],
    [["-p", "-1"], undefined, { port: "-1" }],
    [["--app", "app.ts"], undefined, { app: "app.ts" }],
  ];

  test.each(cases)("%j name the app %p and the flags %j", (argv, positionalApp, flags) => {
    expect(parse(...argv)).toEqual({ flags, positionalApp, appArgs: undefined });
  });

  const passedOn: [string[], string | undefined, string[]][] = [
    [["app.ts", "--"], "app.ts", []],
    [["app.ts", "-w4", "--", "b.js", "--port", "1"], "app.ts", ["b.js", "--port", "1"]],
    [
      ["app.ts", "--", "", "a,b", "-h", "--", "--json"],
      "app.ts",
      ["", "a,b", "-h", "--", "--json"],
    ],
    [["-c", "x.toml", "--", "serve"], undefined, ["serve"]],
  ];
  test.each(passedOn)("%j name the app %p, which gets %j as it stands", (argv, app, appArgs) => {
    expect(parse(...argv)).toMatchObject({ positionalApp: app, appArgs });
  });

  test("have a flag for each key", () => {
    for (const { flag, short, placeholder } of FLAG_KEYS) {
      if (placeholder === undefined) {
        expect(parse(`--${flag}`)).toMatchObject({ flags: { [flag]: "true" } });
        expect(parse(`--${flag}=true`)).toMatchObject({ flags: { [flag]: "true" } });
        expect(parse(`--${flag}=false`)).toMatchObject({ flags: { [flag]: "false" } });
        continue;
      }
      expect(parse(`--${flag}`, "x")).toMatchObject({ flags: { [flag]: "x" } });
      if (short !== undefined) {
        expect(parse(`-${short}`, "x")).toMatchObject({ flags: { [flag]: "x" } });
      }
    }
  });
});

describe("a mistake in the arguments", () => {
  const PORT = "--port: expected a whole number from 0 to 65535, got nothing";
  const cases: [string[], string][] = [
    [["--prot", "3"], '--prot: unknown flag (did you mean "--port"?)'],
    [["--prot=3"], '--prot: unknown flag (did you mean "--port"?)'],
    [
      ["--reload_timeout", "3"],
      '--reload_timeout: unknown flag (did you mean "--reload-timeout"?)',
    ],
    [["--no-workers"], '--no-workers: unknown flag (did you mean "--workers"?)'],
    [["--__proto__=1"], "--__proto__: unknown flag (the nearest valid flag is"],
    [["-x"], "-x: unknown flag (the short flags are -c, -H, -p, -w, -v, -h)"],
    [["-1"], "-1: unknown flag"],
    [["--port"], PORT],
    [["-p"], PORT],
    [["--port", "--workers", "4"], PORT],
    [["--port", "-w4"], PORT],
    [["--port", "--", "app.ts"], PORT],
    [["--config"], "--config: expected a path, got nothing"],
    [["-p", "1", "--port=2"], "--port: given more than once"],
    [["--config", "a", "-c", "b"], "--config: given more than once"],
    [["--version=1"], "--version: takes no value"],
    [["--tls-http2=no"], '--tls-http2: expected true or false, got "no"'],
    [["--tls-http2=false", "--tls-http2"], "--tls-http2: given more than once"],
    [["--no-tls-http2"], '--no-tls-http2: unknown flag (did you mean "--tls-http2=false"?)'],
    [["a", "b"], '"b": unexpected argument (APP is already "a")'],
    [["a", "--app", "b"], '"b": unexpected argument (APP is already "a")'],
  ];

  test.each(cases)("is named: %j gives %s", (argv, message) => {
    const parsed = parse(...argv);
    expect(parsed).toEqual({ kind: "mistake", message: expect.stringContaining(message) });
    expect(parsed).not.toHaveProperty("message", expect.stringContaining("\n"));
  });
});

describe("the help", () => {
  const text = helpText(serveCommand, { default: "serve" });
  const lines = text.split("\n");

  test("fits a screen", () => {
    expect(lines.length).toBeLessThanOrEqual(48);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(text).toEndWith("\n");
  });

  test("names each flag with its default", () => {
    for (const { flag, path } of FLAG_KEYS) {
      const name = path.slice(0, -1).join(".");
      const keyOfTable = path.at(-1);
      if (name === "") expect(text).toMatch(new RegExp(`--${flag}\\s`));
      else expect(text).toMatch(new RegExp(`\\[${name}\\][^[]* ${keyOfTable}\\b`));
    }
    expect(text).toMatch(/-p, --port N .*\[8000\]/);
  });
});
