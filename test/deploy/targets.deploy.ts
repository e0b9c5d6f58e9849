// The executables of a release on other systems than this one, as far as these can be had here.
// packages: qemu-user-static, libc6-arm64-cross, musl, musl-tools, binutils
// packages: gcc-aarch64-linux-gnu, libstdc++6-arm64-cross
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "../../scripts/build.ts";
import { installBases, TARGETS } from "../../scripts/release/targets.ts";
import { targetOf } from "../../src/build/executable.ts";
import { honoApp } from "../helpers/fixtures.ts";
import { expectNoLoss, startLoad } from "../helpers/load.ts";
import { versionsServed } from "../helpers/requests.ts";
import { pounceBinary, spawnExecutable, stopAllServers } from "../helpers/server.ts";
import { emulateArm64 } from "./emulation.ts";
import { makeMuslRuntime, makeMuslRuntimeOfArm64 } from "./musl-runtime.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const work = mkdtempSync(join(tmpdir(), "pounce-targets-"));
const isX64 = process.platform === "linux" && process.arch === "x64";

function executable(target: string): string {
  return join(work, target, "pounce");
}

function skip(reason: string): true {
  console.log(`not possible here: ${reason}`);
  return true;
}

const emulation = isX64 ? emulateArm64() : "arm64 is emulated on x64 alone";
const isArmMissing =
  typeof emulation === "string" && skip(`linux-arm64 is built and not run (${emulation})`);
const isMuslMissing =
  (!isX64 || Bun.which("musl-gcc") === null) &&
  skip("linux-x64-musl is built and not run (musl and musl-tools are not installed)");
const isArmMuslMissing =
  isArmMissing ||
  (Bun.which("aarch64-linux-gnu-gcc") === null &&
    skip("linux-arm64-musl is built and not run (gcc-aarch64-linux-gnu is not installed)"));
skip("darwin-x64 and darwin-arm64 are built and not run (this is no macOS)");

beforeAll(async () => {
  const baseOf = installBases(root, TARGETS);
  for (const target of TARGETS) {
    await build(executable(target.name), { name: target.bun, base: baseOf(target) });
  }
}, 180_000);

afterAll(async () => {
  await stopAllServers();
  if (typeof emulation === "function") emulation();
  rmSync(work, { recursive: true });
});

test("each executable is for its target", async () => {
  for (const { name } of TARGETS) {
    const bytes = Buffer.from(await Bun.file(executable(name)).arrayBuffer());
    expect(targetOf(bytes)).toBe(name as ReturnType<typeof targetOf> & string);
  }
});

test.skipIf(Bun.which("readelf") === null)(
  "those for glibc need version 2.17 at most, and no libstdc++",
  () => {
    for (const name of ["linux-x64", "linux-arm64"]) {
      const about = (flag: string) =>
        Bun.spawnSync(["readelf", "-W", flag, executable(name)]).stdout.toString();
      const minors = [...about("-V").matchAll(/GLIBC_2\.(\d+)/g)].map(([, minor]) => Number(minor));
      expect(Math.max(...minors)).toBe(17);
      expect(about("-d")).not.toContain("libstdc++");
    }
  },
);

test.skipIf(!isX64 || Bun.which("qemu-x86_64-static") === null)(
  "linux-x64 runs on a processor without AVX",
  () => {
    const argv = ["qemu-x86_64-static", "-cpu", "Nehalem", executable("linux-x64"), "--version"];
    const { stdout } = Bun.spawnSync(argv);
    expect(stdout.toString()).toMatch(/^pounce .*linux-x64/);
  },
  30_000,
);

/** Serves, reloads under a light load, and loses nothing. */
async function serveAndReload(file: string, env: Record<string, string>): Promise<string[]> {
  await using server = await spawnExecutable(
    "./pounce",
    ["./app.ts", "-p", "0", "-w", "2", "--keep-alive-timeout", "2"],
    (dir) => {
      symlinkSync(file, join(dir, "pounce"));
      writeFileSync(join(dir, "app.ts"), honoApp("v0"));
    },
    env,
  );
  await server.untilListening(60_000);
  const load = startLoad({ port: server.port, modes: ["connect", "keep-alive"], clients: 4 });
  await load.untilMore(10);
  for (const version of ["v1", "v2"]) {
    await server.writeApp(honoApp(version));
    await server.reload(60_000);
    expect(await versionsServed(server)).toEqual([version]);
  }
  const result = await load.stop();
  expectNoLoss(result);
  expect(result.versions).toEqual(["v0", "v1", "v2"]);
  await server.stop();
  return server.logs.messages();
}

describe.skipIf(isArmMissing)("linux-arm64, emulated", () => {
  const env = { QEMU_LD_PREFIX: "/usr/aarch64-linux-gnu" };

  test("names its target", () => {
    const run = Bun.spawnSync([executable("linux-arm64"), "--version"], { env });
    expect(run.stdout.toString()).toMatch(/^pounce .*linux-arm64/);
  }, 30_000);

  test("reloads with a shared socket, as emulation refuses steering, and loses nothing", async () => {
    const lines = await serveAndReload(executable("linux-arm64"), env);
    expect(lines.join("\n")).toContain("The kernel refuses steering");
  }, 180_000);

  test("an executable that was built for it here serves its app", async () => {
    const app = join(work, "app.ts");
    const out = join(work, "with-app");
    writeFileSync(app, 'export default () => new Response("built for arm64");');
    const cross = ["--target", "linux-arm64", "--base", executable("linux-arm64")];
    const made = Bun.spawnSync([pounceBinary(), "build", app, "-o", out, ...cross]);
    expect(made.stderr.toString()).toBe("");
    await using server = await spawnExecutable(
      "./server",
      ["-p", "0", "-w", "1"],
      (dir) => symlinkSync(out, join(dir, "server")),
      env,
    );
    await server.untilListening(60_000);
    const answer = await fetch(`http://127.0.0.1:${server.port}/`);
    expect(await answer.text()).toBe("built for arm64");
  }, 120_000);
});

describe.skipIf(isMuslMissing)("linux-x64-musl, on Debian's musl", () => {
  test("steers, reloads and loses nothing", async () => {
    const env = makeMuslRuntime(join(work, "musl-x64"));
    const lines = await serveAndReload(executable("linux-x64-musl"), env);
    expect(lines.join("\n")).not.toContain("refuses steering");
  }, 60_000);
});

describe.skipIf(isArmMuslMissing)("linux-arm64-musl, emulated, on Debian's musl", () => {
  test("reloads with a shared socket, as emulation refuses steering, and loses nothing", async () => {
    const env = makeMuslRuntimeOfArm64(join(work, "musl-arm64"));
    const lines = await serveAndReload(executable("linux-arm64-musl"), env);
    expect(lines.join("\n")).toContain("The kernel refuses steering");
  }, 180_000);
});
