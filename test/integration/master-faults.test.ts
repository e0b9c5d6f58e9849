// What becomes of the server when something in its master fails: the kernel refuses a call, or
// pounce itself has a fault. The executable is this very source with the faults in it.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { buildFaulty, type Fault } from "../helpers/faulty.ts";
import { honoApp } from "../helpers/fixtures.ts";
import { expectNoLoss, type Mode, type OwnMode, startLoad } from "../helpers/load.ts";
import type { Session } from "../helpers/load/client.ts";
import type { OtherVersion } from "../helpers/other-version.ts";
import { hold, versionsServed } from "../helpers/requests.ts";
import { type ServerProcess, startPounce, stopAllServers } from "../helpers/server.ts";

let faulty: OtherVersion;
beforeAll(async () => {
  faulty = await buildFaulty();
}, 60_000);
afterAll(async () => {
  await stopAllServers();
  await faulty.remove();
});

function start(): Promise<ServerProcess> {
  return startPounce({ command: () => faulty.binary, env: { FAULT: "fault" } });
}

async function fail(server: ServerProcess, fault: Fault | ""): Promise<void> {
  await Bun.write(join(server.dir, "fault"), fault);
  // It is looked at every 5 ms.
  await Bun.sleep(50);
}

const named = (server: ServerProcess, pattern: RegExp) =>
  server.logs.messages().filter((line) => pattern.test(line));

/**
 * As what a browser opens in advance. The kernel has a listener that defers accept hand such a
 * connection over a second later, or not at all, if that listener has gone by then.
 */
const silentForLonger: Session = async (client) => {
  if (!(await client.pause(client.random.between(0, 500)))) return;
  using socket = await client.connect();
  if (!(await client.pause(1300))) return;
  socket.requireOpen("before the first request");
  await client.get(socket);
};

for (const fault of ["uncaught", "rejection"] as const) {
  test.concurrent(
    `an error of the master, ${fault}, ends the server gracefully, with exit code 1`,
    async () => {
      await using server = await start();
      const { reply } = await hold(server, 1000);
      await fail(server, fault);
      expect(await reply).toMatchObject({ status: 200 });
      expect(await server.exited).toEqual({ code: 1, signal: null });
      const told = named(server, /\[ERROR\]/);
      expect(told).toEqual([
        expect.stringContaining("Internal error in the master, which stops gracefully:"),
      ]);
      expect(server.logs.text()).toMatch(/a fault of pounce[^]*faults\.ts/);
    },
    60_000,
  );
}

test.concurrent(
  "where the core fails, the master ends at once, and its workers finish what they have",
  async () => {
    await using server = await start();
    const { reply } = await hold(server, 1500);
    await fail(server, "core");
    server.hup();
    expect(await server.exited).toEqual({ code: 1, signal: null });
    expect(named(server, /Internal error in the master, which exits/)).toHaveLength(1);
    expect(await reply).toMatchObject({ status: 200 });
    await server.untilNothingIsLeft(15_000);
  },
  60_000,
);

test.concurrent(
  "what the system refuses the master is told, and the server goes on",
  async () => {
    await using server = await start();
    await fail(server, "refusal");
    await fail(server, "");
    await fail(server, "refusal");
    expect(named(server, /\[ERROR\]/)).toEqual([
      expect.stringMatching(/^\[ERROR\] The system refused .*EMFILE: open.*ulimit -n/),
    ]);
    await server.reload();
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  },
  60_000,
);

test.concurrent(
  "a program that is refused in the middle loses nothing, and the next reload steers again",
  async () => {
    await using server = await start();
    const preconnect = { name: "preconnect", session: silentForLonger };
    const modes: (Mode | OwnMode)[] = ["connect", "keep-alive", "silent", preconnect];
    const load = startLoad({ port: server.port, modes, clients: 200, gapMs: 100 });
    await load.untilMore(20);
    await server.writeApp(honoApp("v1"));
    const after = server.logs.mark();
    server.hup();
    await server.waitForLog("Spawning", { after });
    await fail(server, "steering");
    await server.waitForLog("Graceful reload complete", { after, timeoutMs: 20_000 });
    await fail(server, "");
    await server.writeApp(honoApp("v2"));
    await server.reload();
    await load.untilMore(20);
    expectNoLoss(await load.stop());
    expect(await versionsServed(server)).toEqual(["v2"]);
    expect(named(server, /refuses steering \(setsockopt: ENOMEM/)).toHaveLength(1);
    expect(named(server, /accepts steering again/)).toHaveLength(1);
  },
  60_000,
);
