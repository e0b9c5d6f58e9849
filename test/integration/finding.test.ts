// How a command finds the server that it is for, and that it never acts on another.
import { afterAll, describe, expect, test } from "bun:test";
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { honoApp } from "../helpers/fixtures.ts";
import { hold } from "../helpers/requests.ts";
import { stopUnreaped } from "../helpers/unreaped.ts";
import {
  pounceBinary,
  type ServerProcess,
  startPounce,
  stopAllServers,
} from "../helpers/server.ts";
import { finished } from "../helpers/finished.ts";
import { until } from "../helpers/until.ts";

afterAll(stopAllServers);

type Options = Parameters<typeof startPounce>[0];

/** A folder for control sockets: what is in it is all that there is. */
class Home {
  readonly runtime = mkdtempSync(join(tmpdir(), "pounce-find-"));

  [Symbol.dispose](): void {
    rmSync(this.runtime, { recursive: true, force: true });
  }

  sockets(): string[] {
    return readdirSync(this.runtime).filter((name) => name.endsWith(".sock"));
  }

  async start(options: Options = {}): Promise<ServerProcess> {
    const before = this.sockets().length;
    const server = await startPounce({ ...options, env: { RUNTIME_DIRECTORY: this.runtime } });
    await until("a socket more", () => this.sockets().length > before);
    return server;
  }

  spawn(...argv: string[]) {
    return this.spawnIn(tmpdir(), ...argv);
  }

  spawnIn(cwd: string, ...argv: string[]) {
    return Bun.spawn([pounceBinary(), ...argv], {
      cwd,
      env: { PATH: process.env["PATH"], PWD: cwd, RUNTIME_DIRECTORY: this.runtime },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
  }

  async run(...argv: string[]) {
    return finished(this.spawn(...argv));
  }
}

/** A program of somebody else's, which answers that, or says nothing. */
async function listen(home: Home, answer: string | undefined): Promise<string> {
  const path = join(home.runtime, "x.sock");
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    if (answer !== undefined) socket.end(answer);
  });
  await new Promise<void>((done) => server.listen(path, done));
  return path;
}

const fileOf = (server: ServerProcess): string => join(server.dir, "pounce.toml");

test.concurrent(
  "a server is found by its file, broken or gone, its socket, its address, or as the only one",
  async () => {
    using home = new Home();
    await using server = await home.start();
    const [socket = ""] = home.sockets();
    const ways = [
      [],
      ["--config", fileOf(server)],
      ["--control-socket", join(home.runtime, socket)],
      ["--port", String(server.port)],
      ["-H", "127.0.0.1"],
      ["-c", fileOf(server), "-p", String(server.port)],
    ];
    const asked = await Promise.all(ways.map((way) => home.run("status", "--json", ...way)));
    for (const { stdout } of asked) expect(JSON.parse(stdout)).toMatchObject({ pid: server.pid });
    // Flags may come first.
    expect(await home.run("-c", fileOf(server), "status")).toMatchObject({ code: 0, stderr: "" });
    writeFileSync(fileOf(server), "port = [");
    expect(await home.run("status", "-c", fileOf(server))).toMatchObject({ code: 0 });
    rmSync(fileOf(server));
    expect(await home.run("status", "-c", fileOf(server))).toMatchObject({ code: 0 });
    const stopped = await home.run("stop", "-c", fileOf(server));
    const line = `Stopped: process ${server.pid} has ended\n`;
    expect(stopped).toEqual({ code: 0, stdout: line, stderr: "" });
  },
  60_000,
);

test.concurrent(
  "in a folder whose own server does not run, a command acts on no server of another file",
  async () => {
    using home = new Home();
    const folder = join(home.runtime, "other-app");
    mkdirSync(folder);
    writeFileSync(join(folder, "pounce.toml"), "port = 8000\n");
    await using server = await home.start();
    for (const command of ["stop", "reload", "status"]) {
      const { code, stderr } = await finished(home.spawnIn(folder, command));
      expect(code).toBe(4);
      expect(stderr).toContain("for the pounce.toml in this folder; running: process");
      expect(stderr).toContain(`(${fileOf(server)}): name it by --config`);
    }
    expect(server.isRunning()).toBe(true);
    const named = await finished(home.spawnIn(folder, "stop", "--config", fileOf(server)));
    expect(named).toMatchObject({ code: 0, stderr: "" });
    // It may be what runs there, by flags alone.
    await using flags = await home.start({ argv: ["./app.ts", "--port", "0"] });
    const found = await finished(home.spawnIn(folder, "status", "--json"));
    expect(JSON.parse(found.stdout)).toMatchObject({ pid: flags.pid });
  },
  60_000,
);

test.concurrent(
  "of two servers one has to be named, flags that disagree do nothing, and ls lists both",
  async () => {
    using home = new Home();
    await using one = await home.start();
    await using other = await home.start({ config: { control_socket: "./own.sock" } });
    const ambiguous = await home.run("stop");
    expect(ambiguous.code).toBe(2);
    expect(ambiguous.stderr).toContain(`process ${one.pid} on 127.0.0.1:${one.port}`);
    expect(ambiguous.stderr).toContain(`process ${other.pid} on 127.0.0.1:${other.port}`);
    // Unless the pounce.toml of one is in the working directory.
    const own = await finished(home.spawnIn(other.dir, "status", "--json"));
    expect(JSON.parse(own.stdout)).toMatchObject({ pid: other.pid });
    const pairs = [
      ["-c", fileOf(one), "--port", String(other.port)],
      ["-c", fileOf(one), "--control-socket", join(other.dir, "own.sock")],
      ["-c", "nothing.toml", "--port", String(other.port)],
    ];
    for (const pair of pairs) {
      const { code, stdout } = await home.run("stop", "--json", ...pair);
      expect(code).toBe(2);
      expect(JSON.parse(stdout).error).toMatchObject({ code: "disagreement" });
    }
    expect([one.isRunning(), other.isRunning()]).toEqual([true, true]);
    const { servers } = JSON.parse((await home.run("ls", "--json")).stdout);
    expect(servers.map(({ pid }: { pid: number }) => pid).toSorted()).toEqual(
      [one.pid, other.pid].toSorted(),
    );
    expect((await home.run("ls")).stdout).toContain(fileOf(other));
    // The link to a socket that is elsewhere goes with the server, the socket of a dead one is not
    // shown.
    expect((await home.run("stop", "-c", fileOf(other))).code).toBe(0);
    one.signal("SIGKILL");
    await one.exited;
    expect(home.sockets()).toHaveLength(1);
    expect((await home.run("ls")).stdout).toBe("No server is running.\n");
    const dead = await home.run("status");
    expect(dead.code).toBe(4);
    expect((await home.run("status", "-c", fileOf(one))).stderr).toContain(
      "left behind by a server",
    );
  },
  90_000,
);

describe.concurrent("what is no server of ours is told apart", () => {
  test.each([
    ["SSH-2.0\r\n", "did not answer"],
    ['HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"pid":1}', "another program answers there"],
    ["", "did not answer"],
  ])(
    "%j",
    async (answer, words) => {
      using home = new Home();
      const path = await listen(home, answer);
      const { code, stderr } = await home.run("stop", "--control-socket", path);
      expect(code).toBe(4);
      expect(stderr).toContain(words);
    },
    60_000,
  );

  test("nobody is waited for longer than 5 s, and a command ends at once on a signal", async () => {
    using home = new Home();
    const path = await listen(home, undefined);
    const signals = [
      ["SIGINT", 130],
      ["SIGTERM", 143],
      ["SIGHUP", 129],
    ] as const;
    const begin = performance.now();
    const silent = home.run("reload", "--wait", "--json", "--control-socket", path);
    const ended = signals.map(async ([signal, code]) => {
      const child = home.spawn("stop", "--control-socket", path);
      await Bun.sleep(500);
      child.kill(signal);
      expect(await child.exited).toBe(code);
      expect(performance.now() - begin).toBeLessThan(4500);
    });
    await Promise.all(ended);
    const { code, stdout } = await silent;
    expect(code).toBe(1);
    expect(JSON.parse(stdout).error).toMatchObject({ code: "no-answer" });
    expect(performance.now() - begin).toBeLessThan(12_000);
  }, 60_000);

  /** The folder of a user who has no session, and whose name anybody could have taken. */
  const user = 40_000 + Math.floor(Math.random() * 20_000);
  const folder = `/tmp/pounce-${user}`;
  const isRoot = process.getuid?.() === 0;

  test.skipIf(!isRoot)(
    "a folder that is somebody else's",
    async () => {
      mkdirSync(folder);
      try {
        chownSync(folder, 65_533, 65_533);
        const asNobody = ["setpriv", `--reuid=${user}`, `--regid=${user}`, "--clear-groups"];
        const child = Bun.spawn([...asNobody, pounceBinary(), "--port", "0", "--workers", "1"], {
          cwd: "/",
          env: { PATH: process.env["PATH"] },
          stdout: "pipe",
          stderr: "pipe",
        });
        const words = `No control socket: ${folder} belongs to another user (65533)`;
        await untilSaid(child.stderr, words);
        await untilSaid(child.stdout, "Listening on http://127.0.0.1:");
        child.kill("SIGTERM");
        expect(await child.exited).toBe(0);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
    60_000,
  );
});

/** Resolves when a stream has had that in it; fails when it ends before. */
async function untilSaid(stream: ReadableStream<Uint8Array>, words: string): Promise<void> {
  let text = "";
  for await (const chunk of stream) {
    text += new TextDecoder().decode(chunk);
    if (text.includes(words)) return;
  }
  throw new Error(`expected ${words}, got ${text}`);
}

test.concurrent(
  "a server that works on an order for long is waited for",
  async () => {
    using home = new Home();
    await using server = await home.start();
    await server.writeApp(`await Bun.sleep(5500);\n${honoApp("v1")}`);
    const { code, stdout, stderr } = await home.run("reload");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toBe("Reloaded: generation 1 takes all new connections\n");
  },
  60_000,
);

test.concurrent(
  "a server that stops to answer in the middle of an order is given up",
  async () => {
    using home = new Home();
    await using server = await home.start();
    await server.writeApp(`await Bun.sleep(20_000);\n${honoApp("v1")}`);
    const asked = home.run("reload", "--wait");
    await server.waitForLog("triggering graceful reload");
    server.signal("SIGSTOP");
    const { code, stderr } = await asked;
    server.signal("SIGCONT");
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("has not answered for 5 s"),
    });
  },
  60_000,
);

test.concurrent(
  "pid file and control socket are made again when they are gone, and only then",
  async () => {
    using home = new Home();
    await using server = await home.start({ config: { pid_file: "./own.pid" } });
    const pidFile = join(server.dir, "own.pid");
    const [name = ""] = home.sockets();
    const { reply } = await hold(server, 4000);
    rmSync(pidFile);
    rmSync(home.runtime, { recursive: true });
    await until(
      "its files are back",
      () => existsSync(pidFile) && existsSync(join(home.runtime, name)),
    );
    expect(readFileSync(pidFile, "utf8")).toBe(`${server.pid}\n`);
    expect(lstatSync(join(home.runtime, name)).mode & 0o777).toBe(0o600);
    expect((await home.run("status", "-c", fileOf(server))).code).toBe(0);
    writeFileSync(pidFile, "12345\n");
    expect((await home.run("stop")).code).toBe(0);
    expect(await reply).toMatchObject({ status: 200 });
    expect(readFileSync(pidFile, "utf8")).toBe("12345\n");
  },
  60_000,
);

test.concurrent(
  "the pid file of a server that runs is not taken, nor a file that is none",
  async () => {
    using home = new Home();
    await using server = await home.start({ config: { pid_file: "./own.pid" } });
    const pidFile = join(server.dir, "own.pid");
    for (const [path, words] of [
      [pidFile, `it is the pid file of process ${server.pid}, a running server`],
      [fileOf(server), "the existing file is not a pid file"],
    ] as const) {
      const before = readFileSync(path, "utf8");
      const { code, stderr } = await home.run("--port", "0", "--pid-file", path);
      expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining(words) });
      expect(readFileSync(path, "utf8")).toBe(before);
    }
  },
  60_000,
);

test.concurrent(
  "scale returns when so many serve, and says why when they do not",
  async () => {
    using home = new Home();
    const app = `import { existsSync } from "node:fs";
      if (existsSync("broken")) throw new Error("broken since");
      export default { fetch: () => new Response("fine") };`;
    await using server = await home.start({ app, config: { workers: 1 } });
    expect(await home.run("scale", "3")).toMatchObject({
      code: 0,
      stdout: "Scaled: 3 worker(s) serve\n",
    });
    expect(server.workers()).toHaveLength(3);
    expect(await home.run("scale", "1", "--json")).toMatchObject({
      code: 0,
      stdout: '{"workers":1}\n',
    });
    await server.write("broken", "");
    const { code, stderr } = await home.run("scale", "2");
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("only 1 of 2 workers are ready: the others keep crashing"),
    });
    expect(await home.run("logs")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("its stdout and stderr"),
    });
  },
  60_000,
);

test.concurrent(
  "logs tells the file that a shell has led stdout and stderr to, ready for a shell",
  async () => {
    using home = new Home();
    const log = Bun.file(join(home.runtime, "my log.txt"));
    const child = Bun.spawn([pounceBinary(), "--port", "0", "--workers", "1"], {
      cwd: home.runtime,
      env: { PATH: process.env["PATH"], RUNTIME_DIRECTORY: home.runtime },
      stdout: log,
      stderr: log,
    });
    await until("a socket", () => home.sockets().length > 0);
    expect((await home.run("logs")).stdout).toEndWith(`files: tail -F '${log.name}'\n`);
    child.kill("SIGTERM");
    await child.exited;
  },
  60_000,
);

test.concurrent(
  "servers of one file are told apart by their address",
  async () => {
    using home = new Home();
    await using one = await home.start({ config: { workers: 1 } });
    const argv = ["--config", fileOf(one)];
    await using other = await home.start({ argv });
    expect(home.sockets()).toHaveLength(2);
    const unclear = await home.run("stop", ...argv, "--json");
    expect(JSON.parse(unclear.stdout).error).toMatchObject({ code: "ambiguous" });
    const { stdout } = await home.run("stop", ...argv, "--port", String(other.port));
    expect(stdout).toBe(`Stopped: process ${other.pid} has ended\n`);
    expect(one.isRunning()).toBe(true);
    expect((await home.run("stop", ...argv)).stdout).toContain(`process ${one.pid} `);
    expect(home.sockets()).toEqual([]);
  },
  60_000,
);

for (const delayMs of [0, 60, 120, 250]) {
  test.concurrent(
    `a stop ${delayMs} ms after USR2 ends the server, whichever process has it`,
    async () => {
      using home = new Home();
      await using server = await home.start({ copyBinary: true });
      server.signal("SIGUSR2");
      await Bun.sleep(delayMs);
      const { code, stdout, stderr } = await home.run("stop", "-c", fileOf(server));
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toStartWith("Stopped: process ");
      await server.untilNothingIsLeft(10_000);
    },
    60_000,
  );
}

test.concurrent(
  "a stop does not wait for the parent to reap the server",
  async () => {
    using home = new Home();
    expect(await stopUnreaped(home.runtime)).toMatchObject({ code: 0, stderr: "" });
  },
  60_000,
);
