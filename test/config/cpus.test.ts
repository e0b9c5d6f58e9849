// How many CPUs may be used, by affinity and control groups.
import { describe, expect, test } from "bun:test";
import { usableCpus } from "../../src/config/cpus.ts";

/** A machine's files; what is not there cannot be read. */
function cpusOf(files: Record<string, string>): number {
  return usableCpus(
    (path) => files[path],
    () => 6,
  );
}

const EIGHT = { "/proc/self/status": "Name:\tbun\nCpus_allowed:\tff\nCpus_allowed_list:\t0-7\n" };
const V2 = {
  ...EIGHT,
  "/proc/self/cgroup": "0::/a/b\n",
  "/proc/self/mountinfo": "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n",
};
const V1 = {
  ...EIGHT,
  "/proc/self/cgroup": "5:memory:/a\n4:cpu,cpuacct:/a\n0::/\n",
  "/proc/self/mountinfo": [
    "32 31 0:29 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory",
    "33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct",
    "",
  ].join("\n"),
};
const V1_QUOTA = "/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us";
const V1_PERIOD = "/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us";

/** A container without its own cgroup namespace sees its group mounted as the root. */
const CONTAINER = {
  ...EIGHT,
  "/proc/self/cgroup": "0::/docker/1234/inner\n",
  "/proc/self/mountinfo": "30 23 0:26 /docker/1234 /sys/fs/cgroup ro - cgroup2 cgroup ro\n",
};

describe("the usable CPUs", () => {
  const cases: [string, Record<string, string>, number][] = [
    ["are what the fallback counts where /proc says nothing", {}, 6],
    ["are those of the affinity", EIGHT, 8],
    ["count gaps in the affinity", { "/proc/self/status": "Cpus_allowed_list:\t1,3-4,9\n" }, 4],
    ["are not limited by an unlimited group", { ...V2, [at("a/b")]: "max 100000\n" }, 8],
    ["are a group's quota", { ...V2, [at("a/b")]: "200000 100000\n" }, 2],
    ["are rounded up", { ...V2, [at("a/b")]: "150000 100000\n" }, 2],
    ["are at least one", { ...V2, [at("a/b")]: "1000 100000\n" }, 1],
    ["are a parent's quota", { ...V2, [at("a")]: "300000 100000\n", [at("a/b")]: "max 1\n" }, 3],
    ["are the root's quota", { ...V2, "/sys/fs/cgroup/cpu.max": "100000 50000" }, 2],
    ["are the tightest", { ...V2, [at("a")]: "100000 50000", [at("a/b")]: "400000 100000" }, 2],
    ["are never more than the affinity", { ...V2, [at("a")]: "9900000 100000" }, 8],
    ["survive a cpu.max that makes no sense", { ...V2, [at("a")]: "x y" }, 8],
    ["are a version 1 quota", { ...V1, [V1_QUOTA]: "300000\n", [V1_PERIOD]: "100000\n" }, 3],
    ["know -1 as no quota", { ...V1, [V1_QUOTA]: "-1\n", [V1_PERIOD]: "100000\n" }, 8],
    ["are a container's own", { ...CONTAINER, "/sys/fs/cgroup/cpu.max": "100000 100000" }, 1],
    ["are a container's inner group's", { ...CONTAINER, [at("inner")]: "200000 100000" }, 2],
    [
      "are the mount's own when the group is in another namespace",
      { ...V2, "/proc/self/cgroup": "0::/../x\n", "/sys/fs/cgroup/cpu.max": "300000 100000" },
      3,
    ],
  ];

  test.each(cases)("%s", (_, files, cpus) => {
    expect(cpusOf(files)).toBe(cpus);
  });

  test("are found on this machine", () => {
    expect(usableCpus()).toBeWithin(1, navigator.hardwareConcurrency + 1);
  });
});

function at(group: string): string {
  return `/sys/fs/cgroup/${group}/cpu.max`;
}
