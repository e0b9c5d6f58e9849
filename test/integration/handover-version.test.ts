// USR2 is for upgrades: from one version of pounce to another, and back again.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { version as thisVersion } from "../../src/version.ts";
import { handOver, upgradeBinary } from "../helpers/handover.ts";
import { expectNoLoss, startLoad } from "../helpers/load.ts";
import { buildVersion, type OtherVersion } from "../helpers/other-version.ts";
import { untilGone } from "../helpers/processes.ts";
import { ask, hold } from "../helpers/requests.ts";
import {
  pounce,
  pounceBinary,
  type ServerProcess,
  startPounce,
  stopAllServers,
} from "../helpers/server.ts";

const OTHER = "9.9.9";
let other: OtherVersion;

beforeAll(async () => {
  other = await buildVersion(OTHER);
}, 60_000);

afterAll(async () => {
  await stopAllServers();
  await other.remove();
});

const start = (): Promise<ServerProcess> =>
  startPounce({ copyBinary: true, config: { health_check_path: "/health" } });

async function versionServing(server: ServerProcess): Promise<string> {
  return (JSON.parse((await ask(server, "/health")).text) as { version: string }).version;
}

test("an upgrade to another version, and the way back, lose nothing under load", async () => {
  await using server = await start();
  expect(await versionServing(server)).toBe(thisVersion);
  const load = startLoad({
    port: server.port,
    modes: ["connect", "keep-alive"],
    clients: 16,
  });
  let master = server.pid;
  for (const [binary, version] of [
    [other.binary, OTHER],
    [pounceBinary(), thisVersion],
  ] as const) {
    await load.untilMore(200);
    const slow = await hold(server, 3_000);
    await upgradeBinary(server, binary);
    const { pid, after } = await handOver(server, master);
    await server.waitForLog("Draining old workers", { after });
    expect(await versionServing(server)).toBe(version);
    expect((await slow.reply).status).toBe(200);
    await server.waitForLog("Graceful reload complete", { after, timeoutMs: 40_000 });
    await untilGone([master], 5_000);
    master = pid;
  }
  expectNoLoss(await load.stop());
}, 60_000);

test("commands of one version speak to a server of another", async () => {
  await using server = await start();
  await upgradeBinary(server, other.binary);
  const { after } = await handOver(server);
  await server.waitForLog("Graceful reload complete", { after, timeoutMs: 40_000 });
  const status = await pounce(server, "status", "--json");
  expect({ ...status, stdout: "" }).toEqual({ code: 0, stdout: "", stderr: "" });
  expect((await pounce(server, "reload", "--wait")).code).toBe(0);
  expect((await pounce(server, "stop")).code).toBe(0);
}, 60_000);

test("a worker of the new version that crashes is replaced by one of the same version", async () => {
  await using server = await start();
  await upgradeBinary(server, other.binary);
  const { after } = await handOver(server);
  await server.waitForLog("Graceful reload complete", { after, timeoutMs: 40_000 });
  const [first] = await server.untilWorkers((found) => found.length === 2);
  if (first === undefined) throw new Error("no worker");
  process.kill(first.pid, "SIGKILL");
  await server.untilWorkers(
    (found) => found.length === 2 && found.every(({ pid }) => pid !== first.pid),
  );
  for (let count = 0; count < 10; count += 1) expect(await versionServing(server)).toBe(OTHER);
}, 60_000);
