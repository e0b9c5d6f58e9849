// Processes that die without a word: a worker is replaced, and with the master all workers go.
import { afterAll, describe, expect, test } from "bun:test";
import { fixture, honoApp } from "../helpers/fixtures.ts";
import { Random } from "../../src/prove/load/random.ts";
import { runSeed } from "../helpers/load/random.ts";
import { blockOneWorker, hold, versionsServed } from "../helpers/requests.ts";
import { type ServerProcess, startPounce, stopAllServers } from "../helpers/server.ts";

afterAll(stopAllServers);

const FAILED = "[ERROR] Reload failed — continuing with previous version";

describe("a worker that is killed", () => {
  test.concurrent(
    "is replaced in its slot under a new id, and the others go on",
    async () => {
      await using server = await startPounce({ config: { workers: 3 } });
      const [first, second, third] = server.workers();
      if (first === undefined || second === undefined) throw new Error("workers are missing");
      process.kill(second.pid, "SIGKILL");
      const workers = await server.untilWorkers(
        (found) => found.length === 3 && found.every((it) => it.id !== second.id),
      );
      expect(workers).toMatchObject([first, third ?? {}, { id: 3, generation: 0, slot: 1 }]);
      expect(await versionsServed(server)).toEqual(["v0"]);
    },
    60_000,
  );

  test.concurrent(
    "while it drains is not replaced, and the other drains on",
    async () => {
      await using server = await startPounce({ config: { workers: 2 } });
      const held = await holdOnBoth(server);
      await server.writeApp(honoApp("v1"));
      const { after } = await server.steer();
      const [victim] = server.workers();
      process.kill(victim?.pid ?? 0, "SIGKILL");
      await server.waitForLog("Graceful reload complete", { after });
      const statuses = await Promise.allSettled(held.map((it) => it.reply));
      const answered = statuses.filter((it) => it.status === "fulfilled");
      expect(answered.length).toBeGreaterThan(0);
      expect(answered.length).toBeLessThan(held.length);
      const workers = await server.untilWorkers((found) => found.length === 2);
      expect(workers.map((it) => it.generation)).toEqual([1, 1]);
    },
    60_000,
  );

  test.concurrent(
    "while it loads the app fails the reload at once",
    async () => {
      await using server = await startPounce({ config: { startup_timeout: 30 } });
      await server.writeApp(fixture("broken/hangs-at-import"));
      server.hup();
      await killNewest(server, 1);
      await server.waitForLog(FAILED, { timeoutMs: 10_000 });
      await expectGoodReload(server, "v2");
    },
    60_000,
  );

  test.concurrent(
    "in its startup fails the reload at once",
    async () => {
      await using server = await startPounce({ config: { startup_timeout: 30 } });
      await server.writeApp(fixture("broken/startup-hangs"));
      server.hup();
      await server.waitForLog("startup begun");
      await killNewest(server, 1);
      await server.waitForLog(FAILED, { timeoutMs: 10_000 });
      await expectGoodReload(server, "v2");
    },
    60_000,
  );

  // Several servers with few kills each, because a crash budget is allowed to run out.
  for (const stream of ["first kills", "second kills", "third kills"]) {
    const claim = `at any moment of a reload leaves a whole generation behind (${stream})`;
    test.concurrent(claim, () => killsDuringReloads(new Random(runSeed, stream)), 90_000);
  }
});

describe("when the master is killed", () => {
  test.concurrent(
    "what is in flight is answered, and then no worker is left",
    async () => {
      await using server = await startPounce({ config: { shutdown_timeout: 10 } });
      const { reply } = await hold(server, 1_500);
      server.signal("SIGKILL");
      await server.exited;
      expect(await reply).toMatchObject({ status: 200 });
      await server.untilNothingIsLeft(5_000);
    },
    60_000,
  );

  test.concurrent(
    "a worker whose loop is blocked does not stay either",
    async () => {
      await using server = await startPounce({ config: { shutdown_timeout: 3 } });
      using _ = await blockOneWorker(server);
      server.signal("SIGKILL");
      await server.exited;
      await server.untilNothingIsLeft(20_000);
    },
    60_000,
  );

  test.concurrent(
    "in the middle of a reload, both generations end",
    async () => {
      await using server = await startPounce({ config: { shutdown_timeout: 5 } });
      const { reply } = await hold(server, 2_000);
      await server.writeApp(honoApp("v1"));
      await server.steer();
      server.signal("SIGKILL");
      expect(await reply).toMatchObject({ status: 200 });
      await server.untilNothingIsLeft(8_000);
    },
    60_000,
  );

  // The orphans stop listening after a second or so; the new master has to cope with any moment.
  for (const afterMs of [0, 400, 800, 1_000, 1_200]) {
    test.concurrent(
      `a new master on the same port waits for the orphans and serves (after ${afterMs} ms)`,
      async () => {
        await using first = await startPounce({ config: { shutdown_timeout: 10 } });
        const { reply } = await hold(first, 2_000);
        first.signal("SIGKILL");
        await first.exited;
        await Bun.sleep(afterMs);
        const config = { port: first.port, shutdown_timeout: 10 };
        await using second = await startPounce({ config, app: honoApp("v1") });
        expect(await reply).toMatchObject({ status: 200 });
        expect(await versionsServed(second)).toEqual(["v1"]);
      },
      60_000,
    );
  }
});

/** Four reloads, in each of which any one worker is killed at any moment of the first 200 ms. */
async function killsDuringReloads(random: Random): Promise<void> {
  await using server = await startPounce({ config: { workers: 3 } });
  for (let round = 1; round <= 4; round += 1) {
    const after = server.logs.mark();
    await server.writeApp(honoApp(`v${round}`));
    server.hup();
    await Bun.sleep(random.between(0, 200));
    const workers = server.workers();
    const victim = workers[random.between(0, workers.length - 1)];
    if (victim !== undefined) process.kill(victim.pid, "SIGKILL");
    await server.waitForLog(/Reload failed|Graceful reload complete/, { after });
    await server.untilWorkers(
      (found) => found.length === 3 && new Set(found.map((it) => it.generation)).size === 1,
    );
    expect(await versionsServed(server, 6)).toHaveLength(1);
  }
  await expectGoodReload(server, "last");
}

/** Requests until each of the two workers has at least one of them. */
async function holdOnBoth(server: ServerProcess) {
  const held = [];
  for (let count = 0; count < 12; count += 1) held.push(await hold(server, 6_000));
  return held;
}

/** Kills the newest worker as soon as there is one of the given generation. */
async function killNewest(server: ServerProcess, generation: number): Promise<void> {
  const workers = await server.untilWorkers((found) =>
    found.some((it) => it.generation === generation),
  );
  process.kill(workers.at(-1)?.pid ?? 0, "SIGKILL");
}

async function expectGoodReload(server: ServerProcess, version: string): Promise<void> {
  await server.writeApp(honoApp(version));
  await server.reload();
  expect(await versionsServed(server)).toEqual([version]);
}
