// The files of Debian packages, such as the C library and the certificates: those of the release
// that this machine's apt-get is set up for, also for another processor. Nothing is installed, and
// apt's own state stays as it is.
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What an image needs of Debian. */
const OF_IMAGE = ["base-files", "ca-certificates", "libc6"] as const;

export interface UnpackedPackage {
  readonly name: string;
  readonly version: string;
  /** Debian's metadata about it, for programs that look for known vulnerabilities. */
  readonly control: string;
  /** Where its files are. */
  readonly folder: string;
}

function run(command: string, args: readonly string[], cwd: string): string {
  const path = Bun.which(command);
  if (path === null) throw new Error(`${command} is not installed: the image needs Debian's tools`);
  const result = Bun.spawnSync([path, ...args], { cwd, stdin: "ignore" });
  if (result.exitCode !== 0) {
    throw new Error(`${command} ${args.at(-1)} failed:\n${result.stderr.toString().trim()}`);
  }
  return result.stdout.toString();
}

/**
 * Downloads the packages for a processor into `work`, which apt checks against Debian's signatures.
 */
export function unpackDebian(
  architecture: string,
  work: string,
  names: readonly string[] = OF_IMAGE,
): UnpackedPackage[] {
  const folders = ["state/lists/partial", "cache/archives/partial", "packages"];
  for (const folder of folders) mkdirSync(join(work, folder), { recursive: true });
  const options = {
    "Dir::State": join(work, "state"),
    "Dir::State::status": "/dev/null",
    "Dir::Cache": join(work, "cache"),
    "APT::Architecture": architecture,
    "APT::Architectures": architecture,
    // Its own user could not write into a folder of ours.
    "APT::Sandbox::User": "root",
    "Acquire::Languages": "none",
    "Acquire::Retries": "3",
  };
  const given = Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  const packages = join(work, "packages");
  run("apt-get", [...given, "-q", "update"], packages);
  run("apt-get", [...given, "-q", "download", ...names], packages);
  return names.map((name) => {
    const file = readdirSync(packages).find((it) => it.startsWith(`${name}_`));
    if (file === undefined) throw new Error(`apt-get has downloaded no ${name}`);
    const folder = join(work, name);
    run("dpkg-deb", ["--extract", file, folder], packages);
    const control = run("dpkg-deb", ["--field", file], packages);
    return { name, version: /^Version: (.*)$/m.exec(control)?.[1] ?? "", control, folder };
  });
}

/** The certificates of all authorities in one text, as `update-ca-certificates` makes it. */
export function certificateBundle(folder: string): string {
  const from = join(folder, "usr/share/ca-certificates/mozilla");
  const names = readdirSync(from).filter((name) => name.endsWith(".crt"));
  return names
    .toSorted()
    .map((name) => `${readFileSync(join(from, name), "utf8").trimEnd()}\n`)
    .join("");
}
