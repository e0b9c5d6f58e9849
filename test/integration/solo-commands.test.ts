// Commands and signals of a server whose workers cannot share an address, and what it must not use.
import { describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { honoApp } from "../helpers/fixtures.ts";
import { freePort } from "../helpers/ports.ts";
import { useSoloExecutable } from "../helpers/solo.ts";
import { ask, versionsServed } from "../helpers/requests.ts";
import { stopUnreaped } from "../helpers/unreaped.ts";
import { pounce, pounceBinary, startControlled, startPounce } from "../helpers/server.ts";

useSoloExecutable();

describe.concurrent("where one worker listens", () => {
  test("check says what a reload promises, and what not", async () => {
    await using server = await startControlled();
    const { code, stdout } = await pounce(server, "check");
    expect(code).toBe(0);
    for (const line of [
      "macOS: only one worker serves",
      "macOS: a reload refuses new connections for a few milliseconds",
      "macOS: connections that are idle at that moment",
      "never on a Mac",
      "macOS: a version that fails to load changes nothing",
      "macOS: requests in flight at a reload",
    ]) {
      expect(stdout).toContain(line);
    }
  }, 60_000);

  test("status, reload, metrics, scale and stop work", async () => {
    await using server = await startControlled();
    await server.writeApp(honoApp("v1"));
    const reload = await pounce(server, "reload", "--wait", "--json");
    expect(reload.code).toBe(0);
    expect(JSON.parse(reload.stdout)).toMatchObject({ outcome: "completed", workers: 1 });
    expect(await versionsServed(server, 5)).toEqual(["v1"]);
    const status = JSON.parse((await pounce(server, "status", "--json")).stdout);
    expect(status).toMatchObject({ steering: "solo", addresses: [`127.0.0.1:${server.port}`] });
    expect(status.generations[0].workers).toHaveLength(1);
    expect((await pounce(server, "scale", "1")).code).toBe(0);
    const more = await pounce(server, "scale", "2");
    expect(more).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("only one worker can listen on an address"),
    });
    expect((await pounce(server, "stop")).code).toBe(0);
    expect(await server.exited).toMatchObject({ code: 0 });
  }, 60_000);

  test("a stop does not wait for the parent to reap the server", async () => {
    const runtime = mkdtempSync(join(tmpdir(), "pounce-unreaped-"));
    const stopped = await stopUnreaped(runtime);
    rmSync(runtime, { recursive: true });
    expect(stopped).toMatchObject({ code: 0, stderr: "" });
  }, 60_000);

  test("requests are counted, and the count outlives a reload", async () => {
    const port = freePort();
    await using server = await startPounce({ config: { metrics: { port } } });
    await versionsServed(server, 5);
    await server.writeApp(honoApp("v1"));
    await server.reload();
    await versionsServed(server, 3);
    const counted = async (): Promise<number> => {
      const { text } = await ask({ port }, "/metrics");
      return Number(/^pounce_http_requests_total{.*code="200".*} (\d+)$/m.exec(text)?.[1]);
    };
    const deadlineMs = performance.now() + 15_000;
    while ((await counted()) < 8 && performance.now() < deadlineMs) await Bun.sleep(50);
    expect(await counted()).toBe(8);
  }, 60_000);

  test("USR2, TTIN and TTOU are refused with the reason", async () => {
    await using server = await startPounce();
    for (const signal of ["SIGUSR2", "SIGTTIN", "SIGTTOU"] as const) {
      server.signal(signal);
      await server.waitForLog(new RegExp(`Received ${signal} — refused: on this system only one `));
    }
    expect(await versionsServed(server, 3)).toEqual(["v0"]);
  }, 60_000);

  test("log.capture is left out with a warning, and what the app prints comes through", async () => {
    await using server = await startPounce({
      config: { log: { capture: true } },
      app: `console.log("the app's own line");\n${honoApp("v0")}`,
    });
    expect(
      server.logs.matching(/^\[WARN\] log\.capture: using false instead of true/),
    ).toHaveLength(1);
    expect(server.logs.matching(/^the app's own line$/)).toHaveLength(1);
  }, 60_000);
});

/**
 * What Bun itself reads there: its memory, its own path, and the real path of a file that it has
 * opened.
 */
const BUNS_OWN =
  /"\/proc\/(self\/(statm?|maps|cgroup|exe)|sys\/vm\/|self\/fd\/\d+", "\/(?!proc))|"\/proc\/self\/fd\/\d+", ".*pounce/;

test.skipIf(Bun.which("strace") === null)(
  "nothing of Linux is used: no /proc, no memfd, no shared address, no death signal",
  async () => {
    const calls = "trace=open,openat,readlink,readlinkat,memfd_create,setsockopt,prctl,execve";
    await using server = await startPounce({
      prepare: async (dir) => {
        const line = `exec strace -ff -s 200 -o ${dir}/trace -e ${calls} ${pounceBinary()} "$@"`;
        await Bun.write(join(dir, "run.sh"), `#!/bin/sh\n${line}\n`);
      },
      command: (dir) => {
        Bun.spawnSync(["chmod", "+x", join(dir, "run.sh")]);
        return join(dir, "run.sh");
      },
    });
    await versionsServed(server, 3);
    const [worker] = server.workers();
    const status = await Bun.file(`/proc/${worker?.pid}/status`).text();
    const master = Number(/^PPid:\s*(\d+)/m.exec(status)?.[1]);
    await server.writeApp(honoApp("v1"));
    process.kill(master, "SIGHUP");
    await server.waitForLog('"outcome":"completed"');
    process.kill(master, "SIGTERM");
    await server.exited;
    const files = readdirSync(server.dir).filter((name) => name.startsWith("trace."));
    const texts = files.map((name) => readFileSync(join(server.dir, name), "utf8"));
    const trace = texts.join("\n");
    expect(trace).toContain('"generation", "1"');
    const found = trace
      .split("\n")
      .filter((line) => /\/proc\/|\/dev\/fd|memfd_create|SO_REUSEPORT|PR_SET_PDEATHSIG/.test(line))
      .filter((line) => !BUNS_OWN.test(line));
    expect(found).toEqual([]);
  },
  60_000,
);
