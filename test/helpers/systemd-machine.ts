// A Debian system with systemd as process 1, booted by systemd-nspawn on the root that
// scripts/nspawn-root.sh makes. What is written inside is gone with it, except in folders that are
// bound into it.
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { childrenOf, isRunning, killAll, untilGone } from "./processes.ts";

const makeRoot = fileURLToPath(new URL("../../scripts/nspawn-root.sh", import.meta.url));
const BOOT_TIMEOUT_MS = 30_000;

interface Output {
  code: number;
  stdout: string;
  stderr: string;
}

export interface Container {
  /** The process that is number 1 inside. */
  readonly leader: number;
  /** Runs a command inside, to its end. */
  run(...command: string[]): Promise<Output>;
  dispose(): Promise<void>;
}

/** The Debian to boot: trixie has systemd 257, bookworm 252. */
const suite = process.env["DEBIAN_SUITE"] ?? "trixie";

/** @param binds folders and files of this machine, by their path inside */
export async function bootContainer(binds: Record<string, string>): Promise<Container> {
  const root = await output([makeRoot, suite]);
  if (root.code !== 0) throw new Error(root.stderr.trim());
  const machine = `pounce-test-${process.pid}`;
  const flags = ["--quiet", "-D", root.stdout.trim(), "--boot", `--machine=${machine}`];
  const alone = ["--register=no", "--keep-unit", "--volatile=overlay", "--private-network"];
  const mounts = Object.entries(binds).map(([target, path]) => `--bind=${path}:${target}`);
  const nspawn = Bun.spawn(["systemd-nspawn", ...flags, ...alone, "--console=pipe", ...mounts], {
    env: { ...process.env, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = Promise.all([textOf(nspawn.stdout), textOf(nspawn.stderr)]);
  const dispose = async (): Promise<void> => {
    const leaders = childrenOf(nspawn.pid);
    killAll(leaders);
    await untilGone(leaders, 5_000);
    nspawn.kill();
    await nspawn.exited;
    // Left behind where /run is on a disk.
    rmSync(`/run/systemd/nspawn/propagate/${machine}`, { recursive: true, force: true });
  };
  try {
    const leader = await untilBooted(nspawn.pid);
    return { leader, run: (...command) => inside(leader, command), dispose };
  } catch (error) {
    await dispose();
    throw new Error(`${String(error)}\n${(await said).join("").slice(-2000)}`, { cause: error });
  }
}

async function untilBooted(nspawn: number): Promise<number> {
  const deadlineMs = performance.now() + BOOT_TIMEOUT_MS;
  let last = "it has no process";
  while (performance.now() < deadlineMs && isRunning(nspawn)) {
    for (const leader of childrenOf(nspawn)) {
      const state = await inside(leader, ["systemctl", "is-system-running", "--wait"]);
      if (/^(running|degraded)$/m.test(state.stdout)) return leader;
      last = `${state.stdout}${state.stderr}`.trim();
    }
    await Bun.sleep(20);
  }
  throw new Error(`systemd-nspawn: the container did not boot: ${last}`);
}

function inside(leader: number, command: string[]): Promise<Output> {
  return output(["nsenter", "-t", String(leader), "-a", ...command]);
}

async function output(command: string[]): Promise<Output> {
  const child = Bun.spawn(command, { stdio: ["ignore", "pipe", "pipe"] });
  const [stdout, stderr, code] = await Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    child.exited,
  ]);
  return { code, stdout, stderr };
}

function textOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  return new Response(stream).text();
}
