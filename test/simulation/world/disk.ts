// Versions of the configuration file and of the app beside it, as somebody wrote them one after the
// other, and what the generations have of them.

import type { Settings } from "../../../src/core/settings.ts";
import type { Random } from "./random.ts";

export interface Version {
  readonly number: number;
  readonly settings: Settings;
  readonly addresses: readonly string[];
  /** The file validates. */
  readonly valid: boolean;
  /** The app loads. */
  readonly loads: boolean;
}

export class Disk {
  /** The last version. */
  written: Version;
  readonly #generations = new Map<number, Version>();

  constructor(first: Version) {
    this.written = first;
  }

  /** The configuration of that version has been read for a generation. */
  put(generation: number, version: Version): void {
    this.#generations.set(generation, version);
  }

  /** The version whose configuration a generation has. */
  of(generation: number): Version {
    const version = this.#generations.get(generation);
    if (version === undefined) throw new Error(`generation ${generation} has no configuration`);
    return version;
  }
}

const ADDRESSES = ["127.0.0.1:8000", "127.0.0.1:9000"] as const;

/** @param faultRate how likely it is that the file, or the app, is a bad one. */
export function randomVersion(random: Random, number: number, faultRate: number): Version {
  const [first, second] = ADDRESSES;
  return {
    number,
    settings: randomSettings(random, number),
    addresses: random.pick([[first], [first], [first], [second], [first, second]]),
    valid: !random.chance(faultRate),
    loads: !random.chance(faultRate),
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
    respawn: {
      maxCrashes: random.pick([1, 3, 5]),
      windowMs: random.pick([5000, 60_000]),
      backoffMinMs: random.pick([0, 100, 500]),
      backoffMaxMs: random.pick([500, 30_000]),
      uncaught: random.pick(["recycle", "recycle", "recycle", "log"]),
    },
  };
}

/** Whatever hangs when faults stop cannot hold a worker up beyond its startup deadline. */
export function withPatience(version: Version): Version {
  return { ...version, settings: { ...version.settings, startupTimeoutMs: 600_000 } };
}
