// The plans that a simulated master reads from the simulated disk.
import type { Config } from "../../../src/config/config.ts";
import type { Held, Plan, PlanResult } from "../../../src/master/plan/plan.ts";
import type { Configuration } from "../../../src/master/surroundings.ts";
import { SystemError } from "../../../src/os/libc.ts";
import { pathsOf, type Version } from "./disk.ts";
import type { World } from "./world.ts";

export class SimulatedConfiguration implements Configuration {
  /** What is being read, or was read last, is a configuration. */
  readsWell = false;

  /** @param attempt does something in the process that reads */
  constructor(
    readonly world: World,
    readonly attempt: (act: () => void) => void,
  ) {}

  check(
    heldPort: number | undefined,
    done: (problem: string | undefined) => void,
    failed: (error: unknown) => void,
  ): void {
    const readsWell = this.readsWell;
    const held = { port: heldPort, addresses: [], uid: undefined };
    this.read(held, (result) => done(result.ok ? undefined : result.errors.join("\n")), failed);
    this.readsWell = readsWell;
  }

  read(held: Held, done: (result: PlanResult) => void, failed: (error: unknown) => void): void {
    const { world } = this;
    this.readsWell = false;
    const answer = (delayMs: number, act: () => void): void =>
      world.later(delayMs, () => this.attempt(act));
    if (world.fails()) {
      return answer(world.latencyMs(), () => failed(new SystemError("open", "EMFILE")));
    }
    const result = planOf(world.disk.written, held, world.isShared);
    // A name server may take its time, or never answer.
    const isSlow = world.fails();
    if (isSlow && world.random.chance(0.7)) return;
    this.readsWell = result.ok;
    answer(isSlow ? world.random.wait(30_000) : world.latencyMs(), () => done(result));
  }
}

/** The plan of a version of the configuration. */
export function planOf(version: Version, held: Held, isShared = false): PlanResult {
  if (!version.valid) return { ok: false, cause: "config", errors: ["it does not validate"] };
  const { settings, hosts } = version;
  const port = version.port === 0 ? (held.port ?? 0) : version.port;
  const { appLabel: label } = settings;
  const config = {
    port: version.port,
    startupTimeoutMs: settings.startupTimeoutMs,
    shutdownTimeoutMs: settings.shutdownTimeoutMs,
    respawn: settings.respawn,
    rollout: { warmup: [], verify: { file: "/app/smoke", args: [] } } as unknown,
    log: { level: "info", format: "text", file: undefined, capture: false },
  } as Partial<Config> as Config;
  const app = { label, isEmbedded: false, module: label, exportName: undefined, call: false };
  const plan: Plan = {
    config,
    settings,
    app: { ...app, args: [], base: "/app", file: undefined },
    addresses: isShared ? pathsOf(version) : hosts.map((host) => ({ host, port })),
    isShared,
    sharesPorts: false,
    metrics: { addresses: [], path: "/metrics" },
    folder: "/app",
    runsAs: undefined,
    isDev: false,
  };
  return { ok: true, plan, warnings: [] };
}
