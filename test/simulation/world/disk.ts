// Versions of the configuration file and of the app beside it, as somebody wrote them one after the
// other, and what the generations have of them.

import {
  type RecycleSettings,
  type RolloutSettings,
  type Settings,
  STRATEGIES,
  type Strategy,
} from "../../../src/core/settings.ts";
import { formatAddress, type UnixAddress } from "../../../src/net/address.ts";
import type { FileFacts } from "../../../src/os/file-facts.ts";
import type { Random } from "./random.ts";

export interface Version {
  readonly number: number;
  readonly settings: Settings;
  readonly hosts: readonly string[];
  /** 0: the system chooses. */
  readonly port: number;
  /** The file validates. */
  readonly valid: boolean;
  /** The app loads. */
  readonly loads: boolean;
  /** How its app answers; and how long after its first start it does so: until then it is good. */
  readonly quality: Quality;
  readonly turnsAfterMs: number;
  /** What the operator's command says about it. */
  readonly smoke: Smoke;
}

/** `bad`: many answers are errors. `slow`: they take a hundred times as long. */
export type Quality = "good" | "bad" | "slow";

/** Yes or no, or nothing, after a moment or after a long time. */
export type Smoke = "yes" | "no" | "never" | "late";

export class Disk {
  /** The last version. */
  written: Version;
  /** Each version by the settings that are read from it. */
  readonly #versions = new WeakMap<Settings, Version>();
  readonly #generations = new Map<number, Version>();
  readonly #firstStartsMs = new Map<number, number>();

  constructor(first: Version) {
    this.written = first;
    this.write(first);
  }

  write(version: Version): void {
    this.written = version;
    this.#versions.set(version.settings, version);
  }

  /** A worker of a generation is spawned with these settings. */
  begin(generation: number, settings: Settings): void {
    const version = this.#versions.get(settings);
    if (version === undefined) throw new Error("settings that no version has");
    this.#generations.set(generation, version);
  }

  /** How the app of a generation answers. @param nowMs as it is asked */
  qualityOf(generation: number, nowMs: number): Quality {
    const { quality, turnsAfterMs } = this.of(generation);
    const beganMs = this.#firstStartsMs.get(generation) ?? nowMs;
    this.#firstStartsMs.set(generation, beganMs);
    return nowMs - beganMs >= turnsAfterMs ? quality : "good";
  }

  /** The version whose configuration a generation has. */
  of(generation: number): Version {
    const version = this.#generations.get(generation);
    if (version === undefined) throw new Error(`generation ${generation} has no configuration`);
    return version;
  }
}

/** An app is one file. Its size is the number of the version. */
export function filesOf({ number }: Version): FileFacts[] {
  return [{ path: "/app/app.ts", size: number, mtimeMs: 0 }];
}

/** Whether the app has a use for a leader: not each, as a leader is busy all the time. */
export function wantsLead(version: number): boolean {
  return version % 3 === 1;
}

/** Whether the file is not what is on disk now. */
export function isChanged({ disk }: { readonly disk: Disk }): (file: FileFacts) => boolean {
  return ({ size }) => size !== disk.written.number;
}

/** Where its Unix sockets are, in a world of those. */
export function pathsOf({ hosts, port }: Version): UnixAddress[] {
  return hosts.map((host) => ({ path: `/run/${host}-${port}.sock` }));
}

/** Whether these are the addresses of a version; for port 0 there is one port for all. */
export function areAddressesOf({ hosts, port }: Version, names: readonly string[]): boolean {
  const [, chosen = "0"] = /:(\d+)$/.exec(names[0] ?? "") ?? [];
  const wanted = hosts.map((host) => formatAddress({ host, port: port || Number(chosen) }));
  return wanted.toSorted().join() === names.toSorted().join();
}

/** @param faultRate how likely it is that the file, or the app, is a bad one. */
export function randomVersion(
  random: Random,
  number: number,
  {
    faultRate,
    strategy,
    recycles,
  }: {
    readonly faultRate: number;
    readonly strategy: Strategy | undefined;
    readonly recycles: boolean;
  },
): Version {
  const rollout = strategy === undefined ? undefined : randomRollout(random, strategy);
  const mayBeBad = rollout !== undefined && faultRate > 0;
  const here = "127.0.0.1";
  return {
    number,
    settings: {
      ...randomSettings(random, number),
      ...(rollout && { rollout }),
      ...(recycles && { recycle: randomRecycling(random) }),
    },
    hosts: random.pick([[here], [here], [here], ["::1"], [here, "::1"]]),
    port: random.pick([8000, 8000, 8000, 9000, 0]),
    valid: !random.chance(faultRate),
    loads: !random.chance(faultRate),
    quality: mayBeBad ? random.pick(["good", "good", "bad", "slow"]) : "good",
    turnsAfterMs: random.pick([0, 0, random.wait(5000)]),
    smoke: mayBeBad
      ? random.pick(["yes", "yes", "yes", "yes", "yes", "no", "never", "late"])
      : "yes",
  };
}

/** @param most how new generations take over, mostly */
function randomRollout(random: Random, most: Strategy): RolloutSettings {
  const strategy = random.chance(0.8) ? most : random.pick(STRATEGIES);
  const isTried = strategy === "all";
  return {
    strategy,
    maxSurge: random.integer(1, 3),
    canaryShare: isTried ? random.pick([0, 0.01, 0.1, 0.5, 1]) : 0,
    canaryMs: random.integer(1000, 10_000),
    bakeMs: isTried ? random.pick([0, 2000, random.integer(2000, 20_000)]) : 0,
    maxErrorRate: random.pick([0.05, 0.2, { timesOld: 2 }]),
    maxLatencyRatio: random.pick([0, 2, 5]),
    minRequests: random.pick([0, 1, 5, 50]),
    hasVerify: random.chance(0.3),
    // Not the same as `startup_timeout`, as a rule: the two would be mixed up unnoticed.
    verifyTimeoutMs: random.pick([500, 2000, 5000]),
  };
}

/** At times there is no limit at all. */
function randomRecycling(random: Random): RecycleSettings {
  return {
    maxRequests: random.pick([0, 5, 40]),
    maxRequestsJitter: random.pick([0, 10]),
    maxRssBytes: random.pick([0, 200, 1000]),
    maxLifetimeMs: random.pick([0, 2000, 5000]),
  };
}

function randomSettings(random: Random, number: number): Settings {
  return {
    appLabel: `./v${number}.ts`,
    workers: random.integer(1, 5),
    reloadTimeoutMs: random.pick([0, 1500, 4000, 20_000]),
    startupTimeoutMs: random.pick([1000, 3000, 8000]),
    shutdownTimeoutMs: random.pick([0, 2000, 6000]),
    shutdownDelayMs: random.pick([0, 0, 1000, 5000]),
    maxDraining: random.integer(1, 3),
    hangTimeoutMs: random.pick([0, 1000, 1000, 4000]),
    affinity: number % 3 === 2 ? "client" : "none",
    ...(number % 4 > 1 && { websocket: { publish: "server" } }),
    respawn: {
      maxCrashes: random.pick([1, 3, 5]),
      windowMs: random.pick([5000, 60_000]),
      backoffMinMs: random.pick([0, 100, 500]),
      backoffMaxMs: random.pick([500, 30_000]),
      uncaught: random.pick(["recycle", "recycle", "recycle", "log"]),
    },
  };
}

/** Whatever hangs when faults stop cannot hold up a worker, or a trial, beyond its deadline. */
export function withPatience(version: Version): Version {
  const { rollout } = version.settings;
  const patient = rollout && { rollout: { ...rollout, verifyTimeoutMs: 600_000 } };
  const settings = { ...version.settings, ...patient, startupTimeoutMs: 600_000 };
  return { ...version, settings };
}
