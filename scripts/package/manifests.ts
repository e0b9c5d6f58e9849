// The package.json of the npm packages.
//
// The executables have the scope @pounce: nobody else can publish there, so a package for a new
// platform cannot be taken by somebody before us.
import { description, license, version } from "../../package.json";
import type { Target } from "../release/targets.ts";

export interface Manifest extends Readonly<Record<string, unknown>> {
  readonly name: string;
  readonly version: string;
}

/** The package with the executable of a target. */
export function packageOf({ name }: Target): string {
  return `@pounce/${name}`;
}

/** What a platform is called, to npm, Bun, pnpm and yarn. */
function platformOf({ name }: Target): Readonly<Record<string, unknown>> {
  const [os = "", cpu = "", libc] = name.split("-");
  return {
    os: [os],
    cpu: [cpu],
    ...(os === "linux" ? { libc: [libc ?? "glibc"] } : {}),
  };
}

const ABOUT = {
  version,
  license,
  publishConfig: { access: "public" },
};

/** The manifest of the package with the executable of a target. */
export function platformManifest(target: Target): Manifest {
  return {
    name: packageOf(target),
    ...ABOUT,
    description: `The executable of pounce for ${target.name}. Install the package pounce instead.`,
    ...platformOf(target),
    files: ["bin"],
    // Yarn's Plug'n'Play would leave it inside an archive.
    preferUnplugged: true,
  };
}

/** The manifest of the package that people install. */
export function mainManifest(targets: readonly Target[]): Manifest {
  return {
    name: "pounce",
    ...ABOUT,
    description,
    keywords: ["bun", "typescript", "server", "application-server", "hot-reload", "zero-downtime"],
    bin: { pounce: "bin/pounce" },
    files: ["bin"],
    optionalDependencies: Object.fromEntries(targets.map((target) => [packageOf(target), version])),
  };
}
