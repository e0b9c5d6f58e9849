// An executable with capabilities of its own, by which an ordinary user serves a low port: the
// kernel hides much of such a process from others, its own children among them.
// packages: libcap2-bin, util-linux
import { afterAll, expect, test } from "bun:test";
import { chmodSync, copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { honoApp } from "../helpers/fixtures.ts";
import { expectNoLoss, startLoad } from "../helpers/load.ts";
import { pounceBinary, spawnExecutable, stopAllServers } from "../helpers/server.ts";

afterAll(stopAllServers);

const isRoot = process.getuid?.() === 0;
const canTry = isRoot && Bun.which("setcap") !== null && Bun.which("setpriv") !== null;
if (!canTry) console.log("not possible here: file capabilities need root, setcap and setpriv");

/** Below what ordinary users may listen on, and nothing's own. */
const LOW_PORT = "83";
const NOBODY = ["--reuid", "65534", "--regid", "65534", "--clear-groups"];

/** Puts the executable with its capability, and the app, into a folder that anyone may use. */
function prepare(dir: string): void {
  const file = join(dir, "pounce");
  copyFileSync(pounceBinary(), file);
  chmodSync(dir, 0o777);
  const given = Bun.spawnSync(["setcap", "cap_net_bind_service=+ep", file]);
  expect(given.stderr.toString()).toBe("");
  writeFileSync(join(dir, "app.ts"), honoApp("v0"));
}

test.skipIf(!canTry)(
  "an ordinary user serves a low port, reloads and loses nothing",
  async () => {
    const argv = [...NOBODY, "./pounce", "./app.ts", "-p", LOW_PORT, "-w", "2"];
    await using server = await spawnExecutable(Bun.which("setpriv") ?? "", argv, prepare);
    await server.untilListening();
    const load = startLoad({ port: server.port, modes: ["connect", "keep-alive"], clients: 8 });
    await load.untilMore(20);
    await server.writeApp(honoApp("v1"));
    await server.reload();
    const result = await load.stop();
    expectNoLoss(result);
    expect(result.versions).toEqual(["v0", "v1"]);
  },
  60_000,
);
