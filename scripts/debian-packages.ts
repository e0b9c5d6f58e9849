// The Debian packages that a file of tests needs: comment lines `// packages: systemd-container,
// debootstrap` among its first twenty name them. As root, with apt-get, those that are missing are
// installed.
import { readFileSync } from "node:fs";

/** The Debian packages that a file of tests names among its first lines. */
export function packagesOf(source: string): string[] {
  const head = source.split("\n", 20).join("\n");
  const lines = [...head.matchAll(/^(?:\/\/| \*) packages: (.*)$/gm)];
  const listed = lines.flatMap(([, names = ""]) => names.split(/[\s,]+/));
  return listed.filter((name) => /^[a-z0-9][a-z0-9.+:-]*$/.test(name));
}

function isInstalled(name: string): boolean {
  const query = ["dpkg-query", "-W", "-f=${Status}", name];
  return Bun.spawnSync(query).stdout.toString().endsWith("ok installed");
}

/** Installs what a file of tests needs; only as root, where there is apt-get. */
export function installPackagesOf(path: string): void {
  const packages = packagesOf(readFileSync(path, "utf8"));
  if (process.getuid?.() !== 0 || Bun.which("apt-get") === null) return;
  const missing = packages.filter((name) => !isInstalled(name));
  if (missing.length === 0) return;
  console.log(`installing ${missing.join(" ")}`);
  const argv = [
    "apt-get",
    "-o",
    "DPkg::Lock::Timeout=300",
    "install",
    "-y",
    "-qq",
    "--no-install-recommends",
  ];
  const install = () =>
    Bun.spawnSync([...argv, ...missing], {
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
  if (install().exitCode === 0) return;
  Bun.spawnSync(["apt-get", "update", "-qq"]);
  const again = install();
  if (again.exitCode !== 0) console.error(again.stderr.toString().trim());
}
