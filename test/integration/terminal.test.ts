// A terminal that is closed ends what was started in it, and nothing else does.
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { killAll, TAG, taggedProcesses, untilGone } from "../helpers/processes.ts";
import { pounceBinary } from "../helpers/server.ts";

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/**
 * A server in a terminal of its own, whose log is in a file. `how` is what the shell there runs.
 */
async function inTerminal(how: (command: string) => string) {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), "pounce-tty-")));
  folders.push(dir);
  writeFileSync(join(dir, "app.ts"), 'export default () => new Response("hello");');
  const tag = crypto.randomUUID();
  const command = `${pounceBinary()} app.ts --port 0 --workers 1 --log-file log`;
  const shell = Bun.spawn(["sh", "-c", how(command)], {
    cwd: dir,
    env: { ...process.env, PWD: dir, RUNTIME_DIRECTORY: dir, [TAG]: tag },
    terminal: { data: () => undefined },
  });
  const log = (): string => {
    try {
      return readFileSync(join(dir, "log"), "utf8");
    } catch {
      return "";
    }
  };
  const untilLogged = async (pattern: RegExp): Promise<void> => {
    const deadlineMs = performance.now() + 15_000;
    while (!pattern.test(log())) {
      if (performance.now() > deadlineMs) throw new Error(`no ${pattern} in the log:\n${log()}`);
      await Bun.sleep(20);
    }
  };
  await untilLogged(/Listening on/);
  const master = Number(/\(pid (\d+)\) is serving/.exec(log())?.[1]);
  return {
    log,
    untilLogged,
    master,
    close: () => shell.terminal?.close(),
    untilGone: () => untilGone(taggedProcesses(tag), 10_000),
    [Symbol.asyncDispose]: async () => {
      killAll([master]);
      killAll(taggedProcesses(tag));
      await untilGone(taggedProcesses(tag), 5000);
    },
  };
}

describe.concurrent("when its terminal is closed", () => {
  const started: Record<string, (command: string) => string> = {
    "in the foreground": (command) => `${command}; exit`,
    "in the place of the shell": (command) => `exec ${command}`,
  };
  for (const [name, how] of Object.entries(started)) {
    const claim = async (): Promise<void> => {
      await using server = await inTerminal(how);
      server.close();
      await server.untilLogged(/\] Stopped$/m);
      await server.untilGone();
      expect(server.log().match(/Received .*/g)).toEqual([
        "Received SIGHUP (the terminal was closed) — " +
          "stopping without waiting for idle connections",
      ]);
    };
    test(`a server that was started ${name} stops, and leaves nothing behind`, claim, 60_000);
  }

  test("one under nohup keeps serving, and HUP is a reload", async () => {
    await using server = await inTerminal((command) => `exec nohup ${command} </dev/null`);
    server.close();
    await server.untilLogged(/SIGHUP — triggering graceful reload/);
    await server.untilLogged(/Graceful reload complete/);
    expect(server.log()).not.toContain("Stopped");
  }, 60_000);

  test("one in a session of its own does not notice, and HUP is a reload", async () => {
    await using server = await inTerminal((command) => `setsid ${command} & wait`);
    server.close();
    process.kill(server.master, "SIGHUP");
    await server.untilLogged(/Graceful reload complete/);
    expect(server.log()).not.toContain("Stopped");
  }, 60_000);
});

test("with its terminal there, HUP is a reload", async () => {
  await using server = await inTerminal((command) => `exec ${command}`);
  process.kill(server.master, "SIGHUP");
  await server.untilLogged(/Graceful reload complete/);
  server.close();
  await server.untilLogged(/\] Stopped$/m);
}, 60_000);
