// pounce as process 1 of a container, run by runc as a container engine would run it: a read-only
// root, not root, no capabilities, no new privileges.
//
// runc needs root here, and a cgroup hierarchy below /sys/fs/cgroup in which it can make groups:
// version 1, 2 or both, also one that is mounted by hand; it needs neither systemd nor a daemon.
// The container keeps the network of the test, so that the load reaches it at 127.0.0.1.
import { mkdirSync, readFileSync } from "node:fs";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeRoot } from "./container-root.ts";
import { honoApp, nodeModules } from "./fixtures.ts";
import { TAG } from "./processes.ts";
import { type Config, tomlOf } from "./server.ts";
import { ServerProcess } from "./server-process.ts";
import { isMissing, runTool } from "./tools.ts";

interface ContainerOptions {
  config?: Config | string;
  app?: string;
  /** After the executable; `--config pounce.toml` when not given. */
  args?: string[];
  env?: Record<string, string>;
  /** The root filesystem; the smallest one when not given. */
  root?: string;
  /** The app is in the root already; nothing is mounted at /app. */
  hasApp?: boolean;
  /** Folders that are writable and empty, such as /tmp and /run/pounce. */
  scratch?: string[];
  /** Seen in the container besides /app, read-only. */
  mounts?: Mount[];
}

interface Mount {
  destination: string;
  type: string;
  source: string;
  options?: string[];
}

export interface Container {
  readonly id: string;
  readonly server: ServerProcess;
  /** The pid of process 1 outside of the container. */
  readonly init: number;
  /** What `runc kill` does. */
  kill(signal: NodeJS.Signals): void;
  /** Runs the executable a second time, inside, as `docker exec` and a preStop do. */
  exec(...args: string[]): Promise<{ code: number; output: string }>;
  dispose(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Whether containers cannot be run here. Says so on stderr; in CI that is a failure of each test.
 */
export function cannotRunContainers(): boolean {
  if (isMissing("runc")) return true;
  if (process.getuid?.() === 0 || process.env["CI"] !== undefined) return false;
  console.error("SKIPPED, not possible here: runc needs root");
  return true;
}

const USER = { uid: 65532, gid: 65532 };
const ENVIRONMENT = { PATH: "/usr/local/bin", HOME: "/" };

let sharedRoot: string | undefined;

/** Made once for all containers: they cannot write to it. */
export async function smallestRoot(): Promise<string> {
  if (sharedRoot !== undefined) return sharedRoot;
  const root = await mkdtemp(join(tmpdir(), "pounce-root-"));
  makeRoot(root);
  Bun.spawnSync(["chmod", "755", root]);
  sharedRoot = root;
  return root;
}

/** For `afterAll`. */
export async function removeSharedRoot(): Promise<void> {
  if (sharedRoot !== undefined) await rm(sharedRoot, { recursive: true });
  sharedRoot = undefined;
}

/** A bundle by the OCI runtime specification: the input of runc. */
interface Bundle {
  readonly id: string;
  readonly dir: string;
  readonly tag: string;
}

/** Makes a bundle whose folder is also what the container sees as /app. */
export async function makeBundle(options: ContainerOptions): Promise<Bundle> {
  const dir = await realpath(await mkdtemp(join(tmpdir(), "pounce-container-")));
  const tag = crypto.randomUUID();
  const app = join(dir, "app");
  mkdirSync(join(app, "node_modules"), { recursive: true });
  await Bun.write(join(app, "app.ts"), options.app ?? honoApp("v0"));
  await Bun.write(join(app, "pounce.toml"), tomlOf(options.config ?? {}));
  const root = options.root ?? (await smallestRoot());
  const env = { ...ENVIRONMENT, ...options.env, [TAG]: tag };
  const args = options.args ?? ["--config", "pounce.toml"];
  const specification = {
    ociVersion: "1.0.2",
    process: {
      user: USER,
      args: ["/usr/local/bin/pounce", ...args],
      env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
      cwd: "/app",
      capabilities: {},
      noNewPrivileges: true,
    },
    root: { path: root, readonly: true },
    mounts: mountsOf(app, options),
    linux: {
      namespaces: ["pid", "ipc", "uts", "mount"].map((type) => ({ type })),
      resources: { devices: [{ allow: false, access: "rwm" }] },
    },
  };
  await Bun.write(join(dir, "config.json"), JSON.stringify(specification));
  return { id: `pounce-${tag}`, dir, tag };
}

function bind(source: string, destination: string): Mount {
  return { destination, source, type: "bind", options: ["rbind", "ro"] };
}

function mountsOf(app: string, { hasApp, scratch = [], mounts = [] }: ContainerOptions): Mount[] {
  const empty = ["nosuid", "nodev", "mode=1777"];
  return [
    { destination: "/proc", type: "proc", source: "proc" },
    { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755"] },
    ...(hasApp === true ? [] : [bind(app, "/app"), bind(nodeModules, "/app/node_modules")]),
    ...scratch.map((destination) => {
      return { destination, type: "tmpfs", source: "tmpfs", options: empty };
    }),
    ...mounts,
  ];
}

/** Runs a container, and waits until pounce listens. */
export async function startContainer(options: ContainerOptions = {}): Promise<Container> {
  const bundle = await makeBundle(options);
  const child = Bun.spawn(["runc", "run", "--bundle", bundle.dir, bundle.id], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const server = new ServerProcess(child, join(bundle.dir, "app"), bundle.tag);
  try {
    await server.untilListening();
    return asContainer(bundle, server);
  } catch (error) {
    await dispose(bundle, server);
    throw error;
  }
}

function asContainer(bundle: Bundle, server: ServerProcess): Container {
  const { id } = bundle;
  return {
    id,
    server,
    init: initOf(id),
    kill: (signal) => void runTool("runc", ["kill", id, signal]),
    async exec(...args) {
      const command = ["runc", "exec", "--cwd", "/app", id, "/usr/local/bin/pounce", ...args];
      const child = Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
      const texts = [child.stdout, child.stderr].map((stream) => new Response(stream).text());
      const output = (await Promise.all(texts)).join("");
      return { code: await child.exited, output };
    },
    dispose: () => dispose(bundle, server),
    [Symbol.asyncDispose]: () => dispose(bundle, server),
  };
}

/** Ends a container by force, and removes what it has left behind. */
export async function dispose({ id, dir }: Bundle, server?: ServerProcess): Promise<void> {
  runTool("runc", ["delete", "--force", id]);
  await server?.dispose();
  await rm(dir, { recursive: true, force: true });
}

/** The pid of process 1 of a running container. */
export function initOf(id: string): number {
  const { code, stdout, stderr } = runTool("runc", ["state", id]);
  if (code !== 0) throw new Error(`runc state: ${stderr}`);
  return (JSON.parse(stdout) as { pid: number }).pid;
}

/** Whether a process catches TERM by now. */
export function catchesTerm(pid: number): boolean {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const caught = /^SigCgt:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0";
  return ((BigInt(`0x${caught}`) >> 14n) & 1n) === 1n;
}
