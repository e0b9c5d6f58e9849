// A pounce that prove starts keeps out of the way of one of the same configuration.
import { expect, test } from "bun:test";
import { flagsApart, serveArgs } from "../../../src/prove/servers/serve-args.ts";

const APART = { folder: "/tmp/p", freePort: 4711 };
const PLAIN = {
  pidFile: undefined,
  log: { level: "info", format: "text", file: undefined, capture: false },
  accessLog: undefined,
  metrics: { port: undefined, path: "/metrics" },
  uds: undefined,
} as const;
const input = (flags: Record<string, string>) => ({ flags, env: {}, cwd: "/" });

test("it gets a free port of this machine and a control socket of its own", () => {
  expect(flagsApart(input({}), PLAIN, APART)).toEqual({
    host: "127.0.0.1",
    port: "0",
    "control-socket": "/tmp/p/control.sock",
  });
  expect(flagsApart(input({ port: "80", host: "::1" }), PLAIN, APART)).toMatchObject({
    host: "::1",
    port: "80",
  });
});

test("one that listens on a Unix socket gets a socket of its own, unless one is named", () => {
  const config = { ...PLAIN, uds: { path: "/run/app.sock", mode: 0o660 } };
  expect(flagsApart(input({}), config, APART)).toEqual({
    uds: "/tmp/p/app.sock",
    "control-socket": "/tmp/p/control.sock",
  });
  expect(flagsApart(input({ uds: "/tmp/a.sock" }), config, APART)).toMatchObject({
    uds: "/tmp/a.sock",
  });
});

test("files and ports of the configuration are left to the other server", () => {
  const config = {
    pidFile: "/run/p.pid",
    log: { ...PLAIN.log, file: "/var/log/p.log" },
    accessLog: { format: "common", file: "/var/log/access.log", exclude: [] },
    metrics: { port: 9100, path: "/metrics" },
    uds: undefined,
  } as const;
  expect(flagsApart(input({}), config, APART)).toMatchObject({
    "pid-file": "/tmp/p/pid",
    "log-file": "/tmp/p/log",
    "log-access": "off",
    "metrics-port": "4711",
  });
});

test("all else is passed on: flags, switches, APP, what follows --", () => {
  const given = { flags: { workers: "2", "log-capture": "true" }, env: {}, cwd: "/" };
  const all = { ...given, positionalApp: "./app.ts", appArgs: ["-x", "1"] };
  expect(serveArgs(all, { port: "0" })).toEqual([
    "serve",
    "--workers=2",
    "--log-capture",
    "--port=0",
    "./app.ts",
    "--",
    "-x",
    "1",
  ]);
});
