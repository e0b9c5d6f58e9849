// What the executable tells a service manager over NOTIFY_SOCKET. With systemd itself: test/deploy.
import { afterAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { honoApp } from "../helpers/fixtures.ts";
import { NotifyReceiver } from "../helpers/notify-receiver.ts";
import { blockOneWorker, hold, versionsServed } from "../helpers/requests.ts";
import { pounce, startPounce, stopAllServers } from "../helpers/server.ts";

afterAll(stopAllServers);

const address = (): string => `@pounce-test-${crypto.randomUUID()}`;

/** The lines that are no status and no request for time, in order. */
function states({ messages }: NotifyReceiver): string[] {
  const lines = messages.flatMap((message) => message.split("\n"));
  return lines.filter((line) => /^(READY|RELOADING|STOPPING)=/.test(line));
}

test.concurrent(
  "start, reload, rejected reload and stop are told in order, with a status",
  async () => {
    using manager = new NotifyReceiver(address());
    const env = { NOTIFY_SOCKET: manager.address };
    await using server = await startPounce({ env });
    const ready = await manager.waitFor(/^READY=1$/m);
    expect(ready).toBe("READY=1\nSTATUS=Serving with 2 workers on generation 0");
    expect(await versionsServed(server)).toEqual(["v0"]);

    await server.writeApp(honoApp("v1"));
    await server.reload();
    const begin = await manager.waitFor("RELOADING=1");
    const usec = Number(/^MONOTONIC_USEC=(\d+)$/m.exec(begin)?.[1]);
    const uptime = Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]);
    expect(Math.abs(usec / 1e6 - uptime)).toBeLessThan(60);
    await manager.waitFor("READY=1\nSTATUS=Serving with 2 workers on generation 1");

    await server.writeApp("throw new Error('no database');");
    await server.reloadThatFails();
    await manager.waitFor("READY=1\nSTATUS=Reload failed: generation 2 was rejected");

    expect(await server.stop()).toMatchObject({ code: 0 });
    await manager.waitFor("STATUS=Stopped");
    const reload = ["RELOADING=1", "READY=1"];
    expect(states(manager)).toEqual(["READY=1", ...reload, ...reload, "STOPPING=1"]);
  },
  60_000,
);

test.concurrent(
  "whoever hears that the server is up can reload it by command",
  async () => {
    for (let round = 0; round < 5; round++) {
      using manager = new NotifyReceiver(address());
      await using server = await startPounce({ env: { NOTIFY_SOCKET: manager.address } });
      await manager.waitFor("READY=1");
      expect(await pounce(server, "reload")).toMatchObject({ code: 0 });
    }
  },
  60_000,
);

test.concurrent(
  "more time is asked for while a stop waits for a request, no longer than it may take",
  async () => {
    using manager = new NotifyReceiver(address());
    const config = { shutdown_timeout: 7 };
    await using server = await startPounce({ config, env: { NOTIFY_SOCKET: manager.address } });
    await manager.waitFor("READY=1");
    const { reply } = await hold(server, 6_000);
    const from = manager.read().messages.length;
    server.signal("SIGTERM");
    const asked = async (after: number): Promise<number> =>
      Number(/EXTEND_TIMEOUT_USEC=(\d+)/.exec(await manager.waitFor("EXTEND_TIMEOUT", after))?.[1]);
    expect(await asked(from)).toBeWithin(7e6, 9.1e6);
    expect(await asked(manager.read().messages.length)).toBeWithin(1e6, 7e6);
    expect(await reply).toMatchObject({ status: 200 });
    expect(await server.exited).toMatchObject({ code: 0 });
  },
  60_000,
);

describe.concurrent("the watchdog", () => {
  test("hears of a server that serves, twice in its time, and not of a master that hangs", async () => {
    using manager = new NotifyReceiver(address());
    const env = { NOTIFY_SOCKET: manager.address, WATCHDOG_USEC: "500000" };
    await using server = await startPounce({ env });
    await manager.waitFor("WATCHDOG=1");
    // A worker that is blocked is none of the watchdog's business.
    using _ = await blockOneWorker(server);
    manager.read();
    const from = performance.now();
    for (let count = 0; count < 6; count++) {
      await manager.waitFor("WATCHDOG=1", manager.read().messages.length);
    }
    expect(performance.now() - from).toBeWithin(1_150, 10_000);
    server.signal("SIGSTOP");
    await Bun.sleep(50);
    const after = manager.read().messages.length;
    await expect(manager.waitFor("WATCHDOG=1", after, 800)).rejects.toThrow("no message");
    server.signal("SIGCONT");
    await manager.waitFor("WATCHDOG=1", after);
  }, 60_000);

  test("that is meant for another process hears nothing", async () => {
    using manager = new NotifyReceiver(address());
    const watchdog = { WATCHDOG_USEC: "100000", WATCHDOG_PID: "1" };
    await using _ = await startPounce({ env: { NOTIFY_SOCKET: manager.address, ...watchdog } });
    await manager.waitFor("READY=1");
    await Bun.sleep(400);
    expect(manager.read().messages.join("\n")).not.toContain("WATCHDOG");
  }, 60_000);
});

test.concurrent(
  "workers know nothing of the service manager",
  async () => {
    using manager = new NotifyReceiver(address());
    const watchdog = { WATCHDOG_USEC: "10000000", WATCHDOG_PID: "1" };
    await using server = await startPounce({
      env: { NOTIFY_SOCKET: manager.address, ...watchdog },
    });
    const workers = server.workers();
    expect(workers).toHaveLength(2);
    for (const { pid } of workers) {
      expect(readFileSync(`/proc/${pid}/environ`, "utf8")).not.toMatch(/NOTIFY_SOCKET|WATCHDOG_/);
    }
  },
  60_000,
);

test.concurrent.each([
  ["nobody is at", "/proc/nobody.sock", "sendto: ENOENT"],
  ["is no address", "vsock:2:1", "it is not a path and does not start with @"],
])(
  "a socket that %s is one warning, and the server serves and reloads",
  async (_name, NOTIFY_SOCKET, reason) => {
    const env = { NOTIFY_SOCKET, WATCHDOG_USEC: "100000" };
    await using server = await startPounce({ env });
    await server.writeApp(honoApp("v1"));
    await server.reload();
    expect(await versionsServed(server)).toEqual(["v1"]);
    const warning = `[WARN] Cannot notify the service manager at ${NOTIFY_SOCKET}: ${reason}`;
    expect(server.logs.matching("Cannot notify")).toEqual([warning]);
    expect(await server.stop()).toMatchObject({ code: 0 });
  },
  60_000,
);

test.concurrent(
  "a service manager that takes nothing holds nobody up, and hears all when it does",
  async () => {
    using manager = new NotifyReceiver(join("/tmp", `pounce-notify-${crypto.randomUUID()}`));
    const env = { NOTIFY_SOCKET: manager.address, WATCHDOG_USEC: "20000" };
    await using server = await startPounce({ env });
    await Bun.sleep(1_000);
    for (let count = 1; count <= 2; count++) {
      await server.writeApp(honoApp(`v${count}`));
      await server.reload();
    }
    expect(await versionsServed(server)).toEqual(["v2"]);
    await manager.waitFor("READY=1\nSTATUS=Serving with 2 workers on generation 2");
    const reload = ["RELOADING=1", "READY=1"];
    expect(states(manager)).toEqual(["READY=1", ...reload, ...reload]);
    expect(server.logs.matching("Cannot notify")).toEqual([]);
  },
  60_000,
);
