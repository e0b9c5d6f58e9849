// Programs of the system that judge what pounce writes. In CI each of them must be installed.
// Elsewhere tests that need a missing one are skipped, loudly: the run names it and how to install
// it.

/** Debian's package for each program. */
const PACKAGES = {
  "systemd-analyze": "systemd",
  zsh: "zsh",
  fish: "fish",
  bash: "bash",
  promtool: "prometheus",
  haproxy: "haproxy",
  nginx: "nginx",
  runc: "runc",
  buildah: "buildah",
  "apt-get": "apt",
  "qemu-aarch64-static": "qemu-user-static",
  tar: "tar",
  cc: "gcc",
} as const;

type Tool = keyof typeof PACKAGES;

/** Whether tests of this program should be skipped here. Says so on stderr. */
export function isMissing(tool: Tool): boolean {
  if (Bun.which(tool) !== null || process.env["CI"] !== undefined) return false;
  console.error(
    `SKIPPED, not possible here: ${tool} is not installed (apt-get install ${PACKAGES[tool]})`,
  );
  return true;
}

/** Runs a program; throws when it is not installed. */
export function runTool(tool: Tool, args: readonly string[], stdin = "") {
  const path = Bun.which(tool);
  if (path === null) throw new Error(`${tool} is not installed: apt-get install ${PACKAGES[tool]}`);
  const result = Bun.spawnSync([path, ...args], { stdin: Buffer.from(stdin) });
  const [stdout, stderr] = [result.stdout.toString(), result.stderr.toString()];
  return { code: result.exitCode, stdout, stderr };
}
