// pounce as process 1 of a container with a read-only root, not root, without capabilities or a
// shell.
//   bun test ./test/deploy/container.deploy.ts
// packages: runc
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import {
  cannotRunContainers,
  removeSharedRoot,
  smallestRoot,
  startContainer,
} from "../helpers/container.ts";
import { fixture, honoApp } from "../helpers/fixtures.ts";
import { expectNoLoss, startLoad } from "../helpers/load.ts";
import { ask, versionsServed } from "../helpers/requests.ts";
import { stopAllServers } from "../helpers/server.ts";
import { until } from "../helpers/until.ts";

setDefaultTimeout(60_000);
afterAll(async () => {
  await stopAllServers();
  await removeSharedRoot();
});

/** The children of a process in every state, zombies too: pid and state. */
function childrenInAnyState(parent: number): [pid: number, state: string][] {
  return readdirSync("/proc").flatMap((name): [number, string][] => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      const [state = "", parentPid] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return Number(parentPid) === parent ? [[Number(name), state]] : [];
    } catch {
      return [];
    }
  });
}

describe.skipIf(cannotRunContainers())("in a container, as process 1, pounce", () => {
  test("serves without a folder that it could write to, and says once what is missing", async () => {
    await using container = await startContainer();
    const { server } = container;
    expect((await ask(server, "/")).text).toBe("hello from v0");
    expect((await ask(server, "/pid")).text).not.toBe("1");
    await server.waitForLog("No control socket");
    expect(server.logs.matching("[WARN]")).toHaveLength(1);
    expect(server.logs.matching("[ERROR]")).toEqual([]);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });

  test("says on one line that /dev/null is missing, and ends", async () => {
    // runc refuses to run anything there: a chroot, with a /proc and nothing in /dev.
    const enter = 'mount -t proc proc "$0/proc" && exec chroot --userspec=65532:65532 "$0" "$@"';
    const command = ["unshare", "--mount", "--pid", "--fork", "sh", "-c", enter];
    const pounce = [await smallestRoot(), "/usr/local/bin/pounce", "--port", "0"];
    const result = Bun.spawnSync([...command, ...pounce]);
    const lines = `${result.stdout.toString()}${result.stderr.toString()}`.trim().split("\n");
    expect(result.exitCode).toBe(1);
    expect(lines.filter((line) => line.includes("[ERROR]"))).toEqual([
      expect.stringMatching(/ there is no \/dev\/null: mount \/dev into the container or chroot$/),
      expect.stringMatching(/ Start failed /),
    ]);
    expect(lines.filter((line) => !/^\S+ \[[A-Z]+\] /.test(line))).toEqual([]);
  });

  test("reloads at HUP under load and loses nothing", async () => {
    await using container = await startContainer();
    const { server } = container;
    const modes = ["connect", "keep-alive", "silent", "slow-handler", "sse"] as const;
    const load = startLoad({ port: server.port, modes, keepAliveMs: 2_000 });
    await load.untilMore(8);
    for (const version of ["v1", "v2", "v3"]) {
      await server.writeApp(honoApp(version));
      const after = server.logs.mark();
      container.kill("SIGHUP");
      await server.waitForLog("Graceful reload complete", { after });
      await load.untilMore(8);
    }
    const result = await load.stop();
    expectNoLoss(result);
    expect(result.versions).toEqual(["v0", "v1", "v2", "v3"]);
    expect(await versionsServed(server)).toEqual(["v3"]);
  });

  test("answers what it has at TERM, and exits with 0 within its limit", async () => {
    await using container = await startContainer({ config: { shutdown_timeout: 10 } });
    const { server } = container;
    // Not root, and so perhaps without the right to drop new handshakes at the listeners.
    const modes = ["connect", "keep-alive", "silent", "slow-handler", "sse"] as const;
    const load = startLoad({ port: server.port, modes });
    await load.untilMore(8);
    const began = performance.now();
    container.kill("SIGTERM");
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - began).toBeLessThan(11_000);
    const result = await load.stop();
    expectNoLoss(result, ["refused"]);
    expect(result.buckets.refused).toBeGreaterThan(0);
    await server.untilNothingIsLeft(1_000);
  });

  test("reaps the orphans of its apps, and still sees the end of its own workers", async () => {
    await using container = await startContainer({ app: fixture("orphans") });
    const { server, init } = container;
    const isWorker = (pid: number): boolean => server.workers().some((it) => it.pid === pid);
    for (const round of [1, 2, 3]) {
      expect((await ask(server, "/orphans?count=4")).text).toBe("[0,0,0,0]");
      const orphans = childrenInAnyState(init).filter(([pid]) => !isWorker(pid));
      expect(orphans.length).toBeGreaterThan(0);
      const after = server.logs.mark();
      if (round === 2) process.kill(server.workers()[0]?.pid ?? 0, "SIGKILL");
      if (round === 3) await server.reload();
      const pids = new Set(orphans.map(([pid]) => pid));
      await until("the orphans are gone", () =>
        childrenInAnyState(init).every(([pid]) => !pids.has(pid)),
      );
      if (round === 2) await server.waitForLog("signal SIGKILL", { after });
      await server.untilWorkers((workers) => workers.length === 2);
      expect(childrenInAnyState(init).filter(([, state]) => state === "Z")).toEqual([]);
    }
  });
});
