// How many CPUs this process may use, which is what `workers = "auto"` means: the smaller of the
// CPUs it may run on (affinity, cpusets) and the share of time its control groups grant it.
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/** Reads a small text file; undefined when there is none or it cannot be read. */
type ReadText = (path: string) => string | undefined;

/**
 * Counts the usable CPUs at each call, since both limits can change while pounce runs.
 * @param readText injected so that tests can be tables
 * @param fallback the answer where `/proc` does not tell the affinity (systems other than Linux)
 * @returns at least 1; a quota of one and a half CPUs counts as 2
 */
export function usableCpus(
  readText: ReadText = readTextFile,
  fallback: () => number = availableParallelism,
): number {
  const allowed = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readText("/proc/self/status") ?? "")?.[1];
  const affinity = allowed === undefined ? fallback() : countList(allowed);
  return Math.max(1, Math.min(affinity, Math.ceil(cgroupQuota(readText))));
}

function readTextFile(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** The length of a kernel list such as "0-3,8". */
function countList(list: string): number {
  let count = 0;
  for (const range of list.split(",")) {
    const [first = 0, last = first] = range.split("-").map(Number);
    count += last - first + 1;
  }
  return count;
}

/** The tightest quota in CPUs from the process's groups up to the root; Infinity: no limit. */
function cgroupQuota(readText: ReadText): number {
  const groups = (readText("/proc/self/cgroup") ?? "").trim().split("\n");
  const mounts = cpuMounts(readText("/proc/self/mountinfo") ?? "");
  let quota = Infinity;
  for (const group of groups) {
    // "0::/path" is the group of version 2, "4:cpu,cpuacct:/path" one of version 1.
    const [, id = "", controllers = "", path = ""] = /^(\d+):([^:]*):(.*)$/.exec(group) ?? [];
    const version = id === "0" && controllers === "" ? 2 : 1;
    if (version === 1 && !controllers.split(",").includes("cpu")) continue;
    for (const mount of mounts.filter((candidate) => candidate.version === version)) {
      for (const folder of groupFolders(mount, path)) {
        quota = Math.min(quota, (version === 2 ? quotaV2 : quotaV1)(folder, readText));
      }
    }
  }
  return quota;
}

interface Mount {
  readonly version: 1 | 2;
  /** The group that is visible at `point`: "/" on a host, or the container's own group. */
  readonly root: string;
  readonly point: string;
}

/** The mounted hierarchies that can hold a CPU quota. */
function cpuMounts(mountinfo: string): Mount[] {
  const mounts: Mount[] = [];
  for (const line of mountinfo.split("\n")) {
    const [own = "", source = ""] = line.split(" - ");
    const [, , , root, point] = own.split(" ");
    const [type, , options = ""] = source.split(" ");
    const isV1 = type === "cgroup" && options.split(",").includes("cpu");
    if (root !== undefined && point !== undefined && (isV1 || type === "cgroup2")) {
      mounts.push({ version: isV1 ? 1 : 2, root, point });
    }
  }
  return mounts;
}

/** The folders of a group and all its ancestors, as far as the mount shows them. */
function groupFolders(mount: Mount, group: string): string[] {
  const root = mount.root === "/" ? "" : mount.root;
  // A group outside what is mounted (another namespace) still has the mount's own limit above it.
  const isVisible = `${group}/`.startsWith(`${root}/`) && !group.includes("/..");
  const names = (isVisible ? group.slice(root.length) : "").split("/").filter(Boolean);
  return [...names.keys(), names.length].map((depth) =>
    [mount.point, ...names.slice(0, depth)].join("/"),
  );
}

/** Version 2: "max 100000", or quota and period in microseconds. */
function quotaV2(folder: string, readText: ReadText): number {
  const [quota, period] = (readText(`${folder}/cpu.max`) ?? "").trim().split(" ").map(Number);
  return quotient(quota, period);
}

/** Version 1: the same in two files; a quota of -1 is none. */
function quotaV1(folder: string, readText: ReadText): number {
  const quota = Number(readText(`${folder}/cpu.cfs_quota_us`));
  return quotient(quota, Number(readText(`${folder}/cpu.cfs_period_us`)));
}

function quotient(quota: number | undefined, period: number | undefined): number {
  const cpus = (quota ?? 0) / (period ?? 0);
  return cpus > 0 ? cpus : Infinity;
}
