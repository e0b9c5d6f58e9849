// Everything that a new user may get wrong: one clear line, the exit code of the README, never a
// stack.
import { afterAll, afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { versionsServed } from "../helpers/requests.ts";
import {
  pounceBinary,
  runPounce,
  startControlled,
  startPounce,
  stopAllServers,
} from "../helpers/server.ts";

const LONG = `/tmp/${"a".repeat(120)}`;

let dir: string;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "pounce-bad-"));
  await Bun.write(join(dir, "ecosystem.config.cjs"), "module.exports = { apps: [] };");
  await Bun.write(join(dir, "app.ts"), 'export default { fetch: () => new Response("hello") };');
  await Bun.write(join(dir, "invalid.toml"), "workers = \n");
  await Bun.write(join(dir, "unquoted.toml"), "reload_timeout = 30s\n");
  await Bun.write(join(dir, "latin.toml"), Uint8Array.of(0x23, 0xff));
  await Bun.write(join(dir, "unknown.toml"), "wrkers = 2\n");
  await Bun.write(
    join(dir, "types.toml"),
    'workers = 1.5\nport = "http"\n[log]\ncapture = "yes"\n',
  );
  mkdirSync(join(dir, "folder"));
  symlinkSync("circle", join(dir, "circle"));
});
afterEach(() => rmSync(dir, { recursive: true }));
afterAll(stopAllServers);

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the executable in the folder of the test, to its end. */
function pounce(argv: readonly string[], env: Record<string, string> = {}): Run {
  return run([pounceBinary(), ...argv], env);
}

function run(command: string[], env: Record<string, string> = {}): Run {
  const { exitCode, stdout, stderr } = Bun.spawnSync(command, {
    cwd: dir,
    env: { PATH: process.env["PATH"], PWD: dir, RUNTIME_DIRECTORY: dir, ...env },
    timeout: 25_000,
  });
  return { code: exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
}

function expectOneLine(result: Run, code: number, words: string): void {
  expect(result).toEqual({ code, stdout: "", stderr: expect.stringContaining(words) });
  expect(result.stderr.match(/\n/g)).toHaveLength(1);
  expect(result.stderr).toStartWith("pounce");
}

const WORKERS = "expected a whole number from 1 to 1024";

describe("wrong usage is one line and exit code 2", () => {
  const cases: [string, string][] = [
    ["statsu", 'no such command, and no such module (did you mean "status"?)'],
    ["relaod --wait", '(did you mean "reload"?)'],
    ["help signal", 'is neither a command nor a chapter (did you mean "signals"?)'],
    ["help xyz", "is neither a command nor a chapter (`pounce help` lists all)"],
    ["delete 0", '("pounce stop" stops gracefully)'],
    ["pounce.toml", '"pounce.toml": name a configuration file by --config'],
    ["check pounce.toml", '"pounce.toml": name a configuration file by --config'],
    ["ecosystem.config.js", "of PM2's: pounce init --from-pm2 ecosystem.config.js writes"],
    ["-c ecosystem.config.cjs", "(pounce init --from-pm2 ecosystem.config.cjs writes"],
    ["logs -f", '-f: unknown flag ("pounce logs" prints the command that follows the log'],
    ["app.ts -i 4", "-i: unknown flag (processes are -w, --workers)"],
    ["man", '"man": no such command, and no such module ("pounce help" lists the chapters'],
    ["start", '"start": no such command, and no such module ("pounce serve" serves'],
    ["restart --config a.toml", '("pounce reload" swaps in new code'],
    ["-c pounce.toml restart", '("pounce reload" swaps in new code'],
    ["promote", "to skip it, set canary = 0 and bake = 0, then reload"],
    ["undo", '("pounce rollback" goes back to the version in standby, or ends a canary)'],
    ["history", '("pounce status --json" has the receipts of the last 20 reloads)'],
    ["rollback --to 3", "--to: unknown flag (there is one version to go back to"],
    ["reload --canary 0", "--canary: unknown flag (a canary, and how long it lasts, is set in"],
    ["reload --timeout 5", "--timeout: unknown flag (how long it may take is set by startup_"],
    ["reload --force", "--force: unknown flag (nothing is to be forced"],
    ["--rollout-verify ./ok.sh --rollout-verify --fast", "its value: --rollout-verify=--fast)"],
    ["ps", '("pounce ls" lists the running servers)'],
    ["version", '(did you mean "--version"?)'],
    ["app.ts other.ts", '"other.ts": unexpected argument (APP is already "app.ts")'],
    ["--wait", "--wait: unknown flag"],
    ["app.ts --json", "--json: unknown flag"],
    ["-w 99999999999999999999", `--workers: ${WORKERS}`],
    ["-w -1", `--workers: ${WORKERS}`],
    ["-p 1e3", "--port: expected a whole number from 0 to 65535"],
    ["--reload-timeout 1e999", "--reload-timeout: expected a duration"],
    ["--reload-timeout=", "--reload-timeout: expected a duration"],
    ["--log-capture=maybe", '--log-capture: expected true or false, got "maybe"'],
    ["--config a --config b", "--config: given more than once"],
    ["--config", "--config: expected a path, got nothing"],
    ["--config nope.toml", "nope.toml: no such file"],
    ["--config app.ts/x.toml", "a part of the path is not a folder"],
    ["--config folder", "folder: is a folder, not a file"],
    ["--config circle", "circle: its symlinks form a loop"],
    ["--config /dev/null", "/dev/null: is not a regular file"],
    ["--config invalid.toml", "invalid.toml:1:11 not valid TOML"],
    ["--config app.ts", "(name an app without --config)"],
    ["--config unquoted.toml", 'numeric literal (values are 4, "30s", true, '],
    ["--config latin.toml", "latin.toml: is not UTF-8 text"],
    ["--config unknown.toml", 'wrkers: unknown key (did you mean "workers"?)'],
    ["status extra", 'pounce status: "extra": unexpected argument'],
    ["status --workers 3", "pounce status: --workers: unknown flag"],
    ["status --json=1", "pounce status: --json: takes no value"],
    ["status --port 70000", "--port: expected a whole number from 0 to 65535"],
    ["-w 3 status", "pounce status: -w: unknown flag"],
    ["status --control-socket=", "--control-socket: expected a path"],
    ["reload now", 'pounce reload: "now": unexpected argument'],
    ["reload --until never", 'pounce reload: --until: expected "steered" or "ended"'],
    ["reload --until", '--until: expected "steered" or "ended", got nothing'],
    ["reload --wait --until steered", '--until: expected "ended" with --wait'],
    ["scale", `pounce scale: N: ${WORKERS}, got nothing`],
    ["scale 0", `pounce scale: N: ${WORKERS}, got "0"`],
    ["scale two", `pounce scale: N: ${WORKERS}, got "two"`],
    ["scale 1e3", `pounce scale: N: ${WORKERS}, got "1e3"`],
    ["scale 1025", `pounce scale: N: ${WORKERS}, got "1025"`],
    ["scale 99999999999999999999", `pounce scale: N: ${WORKERS}`],
    ["scale 2 3", 'pounce scale: "3": unexpected argument'],
    ["stop 0", 'pounce stop: "0": unexpected argument (name a server by --config or --port)'],
    ["stop --for 3s", "pounce stop: --for: unknown flag"],
    ["drain 5", 'pounce drain: "5": unexpected argument'],
    ["drain --for", "pounce drain: --for: expected a time, got nothing"],
    ["drain --for soon", 'more than 0 and at most 1h, got "soon"'],
    ["drain --for 0", 'more than 0 and at most 1h, got "0"'],
    ["drain --for 2h", 'more than 0 and at most 1h, got "2h"'],
    ["drain --for -5s", 'more than 0 and at most 1h, got "-5s"'],
    ["check app.ts other.ts", 'pounce check: "other.ts": unexpected argument'],
    ["check --wait", "pounce check: --wait: unknown flag"],
    ["init castle", "pounce init: KIND: expected app, systemd"],
    ["init app systemd", 'pounce init: "systemd": unexpected argument'],
    ["schema --json", "pounce schema: --json: unknown flag"],
    ["completion tcsh", "pounce completion: SHELL: expected bash, zsh, fish"],
  ];
  test.each(cases)("pounce %s", (line, words) => {
    expectOneLine(pounce(line.split(" ")), 2, words);
  });

  test.each([["statsu --json"], ["-w 3 status --json"], ["scale 0 --json"], ["stop x --json"]])(
    "pounce %s: JSON on stdout",
    (line) => {
      const { code, stdout, stderr } = pounce(line.split(" "));
      expect({ code, stderr }).toEqual({ code: 2, stderr: "" });
      expect(JSON.parse(stdout)).toEqual({ error: { code: "usage", message: expect.any(String) } });
    },
  );

  test("an empty argument is no APP", () => {
    expectOneLine(pounce([""]), 2, 'APP: expected a module such as "./app.ts"');
  });

  test("a file that may not be read is named", () => {
    chmodSync(join(dir, "unknown.toml"), 0);
    chmodSync(dir, 0o755);
    const asNobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    const command = [pounceBinary(), "--config", "unknown.toml"];
    const isRoot = process.getuid?.() === 0;
    const result = run(isRoot ? [...asNobody, ...command] : command);
    expectOneLine(result, 2, "unknown.toml: permission denied");
  });

  test("every mistake of a file is told, each on its line", () => {
    const { code, stderr } = pounce(["--config", "types.toml"]);
    expect(code).toBe(2);
    expect(stderr.trimEnd().split("\n")).toEqual([
      expect.stringMatching(/^pounce: types\.toml:1:1 workers: expected .* got 1\.5$/),
      expect.stringMatching(/^pounce: types\.toml:2:1 port: expected .* got "http"$/),
      expect.stringMatching(
        /^pounce: types\.toml:4:1 log\.capture: expected true or false, got "yes"$/,
      ),
    ]);
  });

  const variables: [string, string, string][] = [
    ["POUNCE_WORKERS", "abc", "POUNCE_WORKERS: expected a whole number"],
    ["POUNCE_PORT", "", "POUNCE_PORT: expected a whole number"],
    ["POUNCE_LOG_CAPTURE", "perhaps", "POUNCE_LOG_CAPTURE: expected true or false"],
    ["POUNCE_WORKRES", "2", 'POUNCE_WORKRES: unknown variable (did you mean "POUNCE_WORKERS"?)'],
    ["PORT", "abc", "PORT: expected a whole number"],
  ];
  test.each(variables)("%s=%s", (name, value, words) => {
    // PORT is not pounce's own: whatever it is, it names no server.
    for (const argv of name === "PORT" ? [["app.ts"]] : [["app.ts"], ["status"]]) {
      expectOneLine(pounce(argv, { [name]: value }), 2, words);
    }
  });
});

describe("a control socket that leads to no server is exit code 4", () => {
  const cases: [string, string][] = [
    ["nope.sock", "nope.sock\n"],
    ["app.ts", "app.ts (not a socket)"],
    ["folder", "folder (not a socket)"],
    ["app.ts/x", "app.ts/x\n"],
    [LONG, "(longer than 107 bytes)"],
  ];
  for (const argv of [["status"], ["reload"], ["scale", "2"], ["stop"], ["drain"]]) {
    test.each(cases)(`pounce ${argv[0]} --control-socket %s`, (path, words) => {
      const result = pounce([...argv, "--control-socket", path]);
      expectOneLine(result, 4, "No running server was found at ");
      expect(result.stderr).toContain(words);
    });
  }

  test.if(process.getuid?.() === 0)(
    "or whose owner is somebody else, and says so",
    async () => {
      await using server = await startControlled({ config: { control_socket: "control.sock" } });
      chmodSync(server.dir, 0o755);
      const asNobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
      const socket = join(server.dir, "control.sock");
      for (const argv of [["status"], ["stop"], ["reload"]]) {
        const command = [pounceBinary(), ...argv, "--control-socket", socket];
        expectOneLine(
          run([...asNobody, ...command]),
          4,
          "(permission denied: only its owner may use it)",
        );
      }
      expect(server.isRunning()).toBe(true);
    },
    60_000,
  );
});

for (const path of ["app.ts", "folder"]) {
  test(`a control socket never takes the place of ${path}, which is no socket`, async () => {
    await using server = await startPounce({
      config: { control_socket: path },
      prepare: async (home) => mkdirSync(join(home, "folder")),
    });
    await server.waitForLog(/No control socket: .* already exists and is not a socket/);
    expect(await versionsServed(server)).toEqual(["v0"]);
    await server.stop();
    expect(existsSync(join(server.dir, path))).toBe(true);
  }, 60_000);
}

/** Runs it with its stdout led elsewhere; the last line of stderr is the exit code. */
const shell = (argv: readonly string[], to: string): Run =>
  run(["bash", "-c", `"$0" "$@" ${to}; echo "\${PIPESTATUS[0]}" >&2`, pounceBinary(), ...argv]);

describe("stdout", () => {
  const cases = [
    ["--help"],
    ["--version"],
    ["schema"],
    ["completion", "bash"],
    ["check", "app.ts"],
  ];

  test.each(cases)("that nobody reads is no mistake: %s %s", (...argv) => {
    expect(shell(argv, "| true")).toEqual({ code: 0, stdout: "", stderr: "0\n" });
  });

  test.each(cases)("that is full is one line and exit code 1: %s %s", (...argv) => {
    expect(shell(argv, "> /dev/full")).toEqual({
      code: 0,
      stdout: "",
      stderr: "pounce: stdout cannot be written (ENOSPC)\n1\n",
    });
  });
});

test("an empty file is a configuration: the demo serves, and the log says why", async () => {
  await using server = await startPounce({ config: "", args: ["--port", "0", "--workers", "1"] });
  expect((await fetch(`http://127.0.0.1:${server.port}/`)).status).toBe(200);
  await server.waitForLog("pounce.toml has no key `app`, so the built-in demo is served: ");
}, 60_000);

test("what the system refuses is told without its calls and without names that nobody gave", () => {
  const none = "ENOENT: no such file or directory\n";
  const pidFile = pounce(["app.ts", "--port", "0", "--pid-file", "/nowhere/x"]);
  expectOneLine(pidFile, 2, `pounce: pid_file: cannot write /nowhere/x: ${none}`);
  const built = pounce(["build", "app.ts", "-o", "/nowhere/x"]);
  expectOneLine(built, 1, `pounce build: -o: cannot write /nowhere/x: ${none}`);
  const written = pounce(["init", "--dir", "/proc/nowhere"]);
  expectOneLine(written, 1, `pounce init: cannot write to /proc/nowhere: ${none}`);
  const foreign = pounce(["app.ts", "--port", "0", "--host", "192.0.2.1"]);
  expectOneLine(foreign, 3, "192.0.2.1 is not an address of this machine");
});

test("an app that is not there is one error, and exit code 1", async () => {
  const { code, lines } = await runPounce({ argv: ["./nowhere.ts", "--port", "0"] });
  expect(code).toBe(1);
  expect(lines.filter((line) => line.startsWith("[ERROR]"))).toEqual([
    expect.stringMatching(/^\[ERROR\] app \.\/nowhere\.ts: no such module in /),
    "[ERROR] Start failed — the app could not be loaded",
  ]);
}, 60_000);
