// The operator's command, which says yes or no to a new version: what it finds, what comes of its
// answer, and that nothing of it is left.
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { makeCertificate } from "../helpers/certificates.ts";
import { honoApp } from "../helpers/fixtures.ts";
import { isRunning, taggedProcesses, untilGone } from "../helpers/processes.ts";
import { ask, versionsServed } from "../helpers/requests.ts";
import {
  type Config,
  pounce,
  pounceBinary,
  type PounceOptions,
  runPounce,
  type ServerProcess,
  startControlled,
  startPounce,
  stopAllServers,
  tomlOf,
} from "../helpers/server.ts";
import { until } from "../helpers/until.ts";
import { isNotRoot, NOBODY, NOBODY_UID } from "../helpers/users.ts";

setDefaultTimeout(30_000);
afterAll(stopAllServers);

const CONFIG: Config = { rollout: { verify: ["./smoke.sh", "an argument", "another"] } };

/** A server whose command is this shell script. */
function withScript(script: string, more: PounceOptions = {}): PounceOptions {
  const prepare = async (dir: string): Promise<void> => {
    await Bun.write(join(dir, "smoke.sh"), `#!/bin/sh\n${script}\n`);
    chmodSync(join(dir, "smoke.sh"), 0o755);
    chmodSync(dir, 0o755);
    await more.prepare?.(dir);
  };
  return { ...more, config: { ...CONFIG, ...(more.config as Config) }, prepare };
}

/** What the command has printed, line by line. */
function printed({ logs }: ServerProcess): string[] {
  return logs
    .messages()
    .flatMap((line) => /^\[INFO\] Verification \(.*?\): (.*)/.exec(line)?.[1] ?? []);
}

/** Processes of the server that are neither its master nor workers. */
function commandsOf(server: ServerProcess): number[] {
  const known = new Set([server.pid, ...server.workers().map(({ pid }) => pid)]);
  return taggedProcesses(server.tag).filter((pid) => !known.has(pid));
}

interface Reported {
  readonly report: { readonly requests: number };
}

const FINDS = `
printf '%s\\n' "$1" "$#" "$PWD" "$POUNCE_GENERATION" "$POUNCE_STAGE" "$MINE" "$SLOT"
grep SigIgn /proc/self/status
ls /proc/self/fd | wc -w
ps -o ppid= -p $$
curl -s "$POUNCE_URL/" && echo
echo "to stderr" >&2
sleep 1000 &
exit 0`;

test.concurrent(
  "it finds the new version at its address, and no more of us than it needs",
  async () => {
    const config = { env: { MINE: "mine" }, slot_variable: "SLOT", log: { access: "access.log" } };
    await using server = await startControlled(withScript(FINDS, { config }));
    await server.writeApp(honoApp("v1"));
    await server.reload();
    const stdio = ["0", "1", "2", "and that of the folder"];
    expect(printed(server)).toEqual([
      "an argument",
      "2",
      server.dir,
      "1",
      "ready",
      "mine",
      "",
      "SigIgn:\\t0000000000000000".replace("\\t", "\t"),
      String(stdio.length),
      expect.stringMatching(new RegExp(`^ *${server.pid}$`)),
      "hello from v1",
      "to stderr",
    ]);
    expect(server.logs.text()).toContain("The command in rollout.verify accepts generation 1");
    expect(commandsOf(server)).toEqual([]);
    const { generations } = JSON.parse((await pounce(server, "status", "--json")).stdout);
    const [{ workers }] = generations;
    expect(workers.map((worker: Reported) => worker.report.requests)).toEqual([0, 0]);
    await server.stop();
    expect(await Bun.file(join(server.dir, "access.log")).text()).toBe("");
  },
);

const REFUSALS: readonly (readonly [string, string, string])[] = [
  ["another exit code", "echo one; echo the last line >&2; exit 3", "exit code 3: the last line"],
  ["a signal", "kill -KILL $$", "signal SIGKILL"],
  ["no word", "exit 1", "exit code 1"],
];

test.concurrent.each(REFUSALS)("%s is a no", async (_, script, reason) => {
  await using server = await startControlled(withScript(script));
  await server.writeApp(honoApp("v1"));
  const { code, stderr } = await pounce(server, "reload");
  expect(code).toBe(1);
  expect(stderr).toContain(`the command in rollout.verify says no: ${reason}`);
  expect(await versionsServed(server)).toEqual(["v0"]);
  await server.untilWorkers((workers) => workers.every(({ generation }) => generation === 0));
});

const HANGS = `
sleep 1000 & sleep 1000 &
echo "$POUNCE_URL"
echo hanging
wait`;

test.concurrent("what takes too long is a no, and ends with all that it has started", async () => {
  await using server = await startPounce(withScript(HANGS));
  const rollout = { ...(CONFIG["rollout"] as Config), verify_timeout: "4s" };
  await server.write("pounce.toml", tomlOf({ rollout }));
  const failing = server.reloadThatFails();
  await server.waitForLog("): hanging");
  expect(commandsOf(server)).toHaveLength(3);
  const [url = ""] = printed(server);
  const { port } = new URL(url);
  expect((await ask({ port: Number(port) })).status).toBe(200);
  expect((await failing).join("\n")).toContain("took longer than 4s (rollout.verify_timeout)");
  await until("the command has ended", () => commandsOf(server).length === 0);
  await until("its port is closed", () =>
    ask({ port: Number(port) }).then(
      () => false,
      () => true,
    ),
  );
});

test.concurrent.each(["SIGTERM", "SIGKILL"] as const)(
  "it ends with a master that gets %s",
  async (signal) => {
    await using server = await startPounce(withScript(HANGS));
    server.hup();
    await server.waitForLog("): hanging");
    const [command = 0, ...children] = commandsOf(server);
    expect(children).toHaveLength(2);
    server.signal(signal);
    await server.exited;
    await untilGone([command], 5000);
    if (signal === "SIGKILL") return;
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(children.filter((pid) => isRunning(pid))).toEqual([]);
  },
);

test.concurrent("a worker that ends while it is looked at is a no", async () => {
  await using server = await startPounce(withScript(HANGS));
  const failing = server.reloadThatFails();
  await server.waitForLog("): hanging");
  const first = server.workers().find(({ generation, slot }) => generation === 1 && slot === 0);
  process.kill(first?.pid ?? 0, "SIGKILL");
  expect((await failing).at(-1)).toContain("Reload failed");
  await until("the command has ended", () => commandsOf(server).length === 0);
  expect(await versionsServed(server)).toEqual(["v0"]);
});

test.concurrent("it looks at a program on node:http, too", async () => {
  const app = `import { createServer } from "node:http";
    createServer((request, response) => response.end("from node" + request.url)).listen(8000);`;
  await using server = await startPounce(withScript(`curl -s "$POUNCE_URL/path"`, { app }));
  await server.reload();
  expect(printed(server)).toEqual(["from node/path"]);
});

test.concurrent("it asks without TLS where clients need it", async () => {
  const { cert, key } = makeCertificate();
  const config = { tls: { cert: "a.pem", key: "a.pem" } };
  const options = withScript(`curl -s "$POUNCE_URL/"`, {
    config,
    prepare: async (dir) => void (await Bun.write(join(dir, "a.pem"), cert + key, { mode: 0o600 })),
  });
  await using server = await startPounce(options);
  await server.reload();
  expect(printed(server)).toEqual(["hello from v0"]);
});

describe.skipIf(isNotRoot())("as another user", () => {
  test.concurrent("it runs as the workers do", async () => {
    const config = { user: NOBODY };
    const script = `id -u; echo "$HOME $USER"; echo "$POUNCE_BECOME"; umask`;
    await using server = await startPounce(withScript(script, { config }));
    await server.reload();
    expect(printed(server)).toEqual([
      String(NOBODY_UID),
      expect.stringContaining(NOBODY),
      "",
      expect.anything(),
    ]);
  });

  test.concurrent("a file that this user may not run is a no, which says so", async () => {
    await using server = await startPounce(
      withScript("exit 0", {
        config: { user: NOBODY },
        prepare: async (dir) => chmodSync(join(dir, "smoke.sh"), 0o700),
      }),
    );
    const text = (await server.reloadThatFails()).join("\n");
    expect(text).toContain(`smoke.sh could not be started as user ${NOBODY}`);
  });
});

test.concurrent("a command that cannot be run is an error of the configuration", async () => {
  const config = tomlOf({ rollout: { verify: ["./app.ts"] } });
  const words = 'rollout.verify: "./app.ts" may not be executed: chmod +x';
  const { code, stderr } = await runPounce({ config });
  expect(code).toBe(2);
  expect(stderr).toContain(words);
  await using server = await startPounce();
  await server.write("pounce.toml", config);
  expect((await server.reloadThatFails()).join("\n")).toContain(words);
});

test.concurrent("one without a slash is found in PATH, that of the workers", async () => {
  await using server = await startPounce({
    config: { env_file: "variables", rollout: { verify: "looks" } },
    prepare: async (dir) => {
      await Bun.write(join(dir, "bin/looks"), "#!/bin/sh\necho found\n");
      chmodSync(join(dir, "bin/looks"), 0o755);
      await Bun.write(join(dir, "variables"), `PATH=${join(dir, "bin")}:/usr/bin:/bin\n`);
    },
  });
  await server.reload();
  expect(printed(server)).toEqual(["found"]);
});

test.concurrent(
  "a file without a first line for the kernel is an error, which says what is missing",
  async () => {
    await using server = await startPounce(withScript("exit 0"));
    await server.write("smoke.sh", "exit 0\n");
    chmodSync(join(server.dir, "smoke.sh"), 0o755);
    expect((await server.reloadThatFails()).join("\n")).toContain("#!/bin/sh");
  },
);

test.concurrent("a first line that names no program is a no, which says so", async () => {
  await using server = await startPounce(
    withScript("", {
      prepare: async (dir) => void (await Bun.write(join(dir, "smoke.sh"), "#!/nowhere/sh\n")),
    }),
  );
  const text = (await server.reloadThatFails()).join("\n");
  expect(text).toContain("the program that its first line names does not exist");
});

test.concurrent("pounce's own commands can be given in it", async () => {
  const script = `${pounceBinary()} status --config pounce.toml | head -1`;
  await using server = await startControlled(withScript(script));
  await server.reload();
  expect(printed(server).join("\n")).not.toContain("unknown variable");
  expect(printed(server)).not.toEqual([]);
});

test.concurrent("a reload that it asks for itself is refused, and not waited for", async () => {
  const script = `${pounceBinary()} reload --config pounce.toml 2>&1; test $? -eq 1`;
  await using server = await startControlled(withScript(script));
  await server.reload();
  expect(printed(server).join("\n")).toContain("leave `pounce reload` out of it");
});

const CANARY = { canary: 0.5, canary_duration: 2, min_requests: 1_000_000 };

test.concurrent("in a canary it is asked again", async () => {
  const config = { rollout: { verify: "./smoke.sh", ...CANARY } };
  const script = 'echo "$POUNCE_STAGE"; curl -s "$POUNCE_URL/"';
  await using server = await startPounce(withScript(script, { config }));
  await server.writeApp(honoApp("v1"));
  await server.reload();
  expect(printed(server)).toEqual(["ready", "hello from v1", "canary", "hello from v1"]);
});

test.concurrent("a canary goes on when the next configuration is broken", async () => {
  const rollout = { canary: 0.5, canary_duration: "20s" };
  await using server = await startControlled({ config: { rollout } });
  await server.writeApp(honoApp("v1"));
  server.hup();
  await server.waitForLog("gets 50 % of new connections");
  await server.write("pounce.toml", "this is broken");
  const { code, stderr } = await pounce(server, "reload");
  expect(code).toBe(1);
  expect(stderr).toContain("pounce.toml");
  expect(server.logs.text()).toContain("the canary of generation 1 goes on");
  expect(server.logs.text()).not.toContain("Rolled back");
  await server.write("pounce.toml", tomlOf({}));
  expect(await pounce(server, "reload", "--json")).toMatchObject({ code: 0 });
});

test.concurrent("a no in a canary rolls it back", async () => {
  const config = { rollout: { verify: "./smoke.sh", ...CANARY } };
  const script = 'test "$POUNCE_STAGE" = ready || { echo too slow; exit 1; }';
  await using server = await startControlled(withScript(script, { config }));
  await server.writeApp(honoApp("v1"));
  const { code, stderr } = await pounce(server, "reload", "--wait");
  expect(code).toBe(1);
  expect(stderr).toContain("the command in rollout.verify says no: exit code 1: too slow");
  expect(server.logs.text()).toContain('"outcome":"rolled-back"');
  expect(await versionsServed(server)).toEqual(["v0"]);
});
