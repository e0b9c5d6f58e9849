// Runs every `test/deploy/NAME.deploy.ts`: pounce under what runs it for real. `bun run
// verify:deploy`, or `bun run verify:deploy systemd container` for some of them. Exit code 1 when
// one has failed.
//
// What such a file agrees to, beside what verify.ts says: a comment line `// packages:
// systemd-container, debootstrap` among its first twenty names the Debian packages it needs. As
// root, with apt-get, those that are missing are installed.
import { readFileSync } from "node:fs";
import { verify } from "./verify.ts";

/** The Debian packages that a file of tests names among its first lines. */
export function packagesOf(source: string): string[] {
  const head = source.split("\n", 20).join("\n");
  const listed = /^(?:\/\/| \*) packages: (.*)$/m.exec(head)?.[1] ?? "";
  return listed.split(/[\s,]+/).filter((name) => /^[a-z0-9][a-z0-9.+:-]*$/.test(name));
}

function isInstalled(name: string): boolean {
  const query = ["dpkg-query", "-W", "-f=${Status}", name];
  return Bun.spawnSync(query).stdout.toString().endsWith("ok installed");
}

function installMissing(packages: readonly string[]): void {
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

if (import.meta.main) {
  const wanted = process.argv.slice(2);
  const prepare = (path: string): void => installMissing(packagesOf(readFileSync(path, "utf8")));
  process.exit(await verify({ folder: "deploy", wanted, prepare }));
}
