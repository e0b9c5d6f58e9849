// The package.json of the npm packages.
//
// The executables have the scope @pounce: nobody else can publish there, so a package for a new
// platform cannot be taken by somebody before us.
import { description, license } from "../../package.json";
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

const ABOUT = { license, publishConfig: { access: "public" } };

/** The manifest of the package with the executable of a target. */
export function platformManifest(target: Target, version: string): Manifest {
  return {
    name: packageOf(target),
    version,
    ...ABOUT,
    description: `The executable of pounce for ${target.name}. Install the package pounce instead.`,
    ...platformOf(target),
    files: ["bin"],
    // Yarn's Plug'n'Play would leave it inside an archive, where no shell finds it.
    preferUnplugged: true,
  };
}

/** The manifest of the package that people install. */
export function mainManifest(targets: readonly Target[], version: string): Manifest {
  return {
    name: "pounce",
    version,
    ...ABOUT,
    description,
    keywords: ["bun", "typescript", "server", "application-server", "hot-reload", "zero-downtime"],
    bin: { pounce: "bin/pounce" },
    // Types of a CommonJS module can be imported from modules of both kinds.
    type: "commonjs",
    main: "index.js",
    types: "index.d.ts",
    exports: {
      ".": { types: "./index.d.ts", default: "./index.js" },
      "./pounce.schema.json": "./pounce.schema.json",
      "./package.json": "./package.json",
    },
    files: ["bin", "index.js", "index.d.ts", "pounce.schema.json"],
    preferUnplugged: true,
    optionalDependencies: Object.fromEntries(targets.map((target) => [packageOf(target), version])),
  };
}
