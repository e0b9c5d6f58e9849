// Versions of the configuration file and of the app beside it, as somebody wrote them one after the
// other, and what the generations have of them.

import type { Settings } from "../../../src/core/settings.ts";
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
}

export class Disk {
  /** The last version. */
  written: Version;
  /** Each version by the settings that are read from it. */
  readonly #versions = new WeakMap<Settings, Version>();
  readonly #generations = new Map<number, Version>();

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
export function randomVersion(random: Random, number: number, faultRate: number): Version {
  const here = "127.0.0.1";
  return {
    number,
    settings: randomSettings(random, number),
    hosts: random.pick([[here], [here], [here], ["::1"], [here, "::1"]]),
    port: random.pick([8000, 8000, 8000, 9000, 0]),
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
    affinity: number % 3 === 2 ? "client" : "none",
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
