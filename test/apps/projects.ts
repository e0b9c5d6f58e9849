// The servers that the tools of large frameworks build, as programs: each is started by the file
// and with the settings that the framework's own manual names.
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Mode } from "../helpers/load.ts";
import type { BadVersion, Program } from "../helpers/programs.ts";
import { deploy, type Project } from "../helpers/projects.ts";

const MODES: readonly Mode[] = [
  "connect",
  "connect-close",
  "keep-alive",
  "think-time",
  "post",
  "slow-upload",
  "slow-handler",
  "sse",
];

const NEXT_STANDALONE: Project = {
  folder: "next",
  output: {
    ".next/standalone": ".",
    ".next/static": ".next/static",
    public: "public",
  },
};
const NEXT: Project = {
  folder: "next",
  output: {
    ".next": ".next",
    public: "public",
    "server.js": "server.js",
    "next.config.js": "next.config.js",
    "package.json": "package.json",
  },
};
const NITRO: Project = { folder: "nitro", output: { ".output": ".output" } };
const REACT_ROUTER: Project = {
  folder: "react-router",
  output: { build: "build", "server.js": "server.js", "package.json": "package.json" },
};
const SVELTEKIT: Project = {
  folder: "sveltekit",
  output: { build: "build", "package.json": "package.json" },
};

export interface ProjectProgram extends Program {
  /** The tool whose server reads files beside it, so that it is not for `pounce build`. */
  readonly maker?: string;
}

/** A program in the folder that `current` leads to, which is its working directory too. */
function program(
  name: string,
  project: Project,
  main: string,
  more: Partial<ProjectProgram> = {},
): ProjectProgram {
  return {
    name,
    main: `current/${main}`,
    folder: "current",
    modes: MODES,
    write: (dir, version) => deploy(project, dir, version),
    ...more,
  };
}

/** A version without one of its files. */
function without(file: string, says: RegExp): BadVersion {
  return {
    name: `without ${file}`,
    write: (dir) => rm(join(dir, "current", file), { recursive: true }),
    says,
  };
}

/** A version whose module cannot be parsed. */
function broken(file: string): BadVersion {
  return {
    name: `${file} broken`,
    async write(dir) {
      const path = join(dir, "current", file);
      await Bun.write(path, `${await Bun.file(path).text()}\nconst this is broken;\n`);
    },
    says: /broken/,
  };
}

// Next, Nitro and Astro log what is thrown later and go on, so that is no bad version of them.
const BAD_NEXT = [broken("server.js"), without(".next/BUILD_ID", /BUILD_ID/)];
const BAD_NITRO = [
  broken(".output/server/index.mjs"),
  without(".output/server", /index\.mjs|ENOENT|no such/),
];
const BAD_ASTRO = [broken("dist/server/entry.mjs"), without("dist/server/chunks", /chunks/)];

const serve = "node_modules/@react-router/serve/bin.cjs";

export const PROJECTS = {
  "next standalone": program("Next, standalone", NEXT_STANDALONE, "server.js", {
    maker: "Next",
    bad: BAD_NEXT,
  }),
  "next custom": program("Next, a server of one's own", NEXT, "server.js", {
    maker: "Next",
    bad: BAD_NEXT,
  }),
  nitro: program("Nitro 2", NITRO, ".output/server/index.mjs", {
    maker: "Nitro",
    bad: BAD_NITRO,
  }),
  "nitro bun": program(
    "Nitro 2, preset bun",
    { ...NITRO, script: "build:bun" },
    ".output/server/index.mjs",
    { maker: "Nitro", bad: BAD_NITRO },
  ),
  nitro3: program("Nitro 3", { ...NITRO, folder: "nitro3" }, ".output/server/index.mjs", {
    maker: "Nitro",
    bad: BAD_NITRO,
  }),
  nuxt: program("Nuxt 4", { ...NITRO, folder: "nuxt" }, ".output/server/index.mjs", {
    maker: "Nitro",
    bad: BAD_NITRO,
  }),
  astro: program(
    "Astro, standalone",
    { folder: "astro", output: { dist: "dist", "package.json": "package.json" } },
    "dist/server/entry.mjs",
    { maker: "Astro", bad: BAD_ASTRO },
  ),
  "astro middleware": program(
    "Astro, the handler alone",
    {
      folder: "astro",
      env: { ASTRO_MODE: "middleware" },
      output: { dist: "dist", "package.json": "package.json" },
    },
    "dist/server/entry.mjs",
    { handler: "handler", maker: "Astro", bad: BAD_ASTRO },
  ),
  sveltekit: program("SvelteKit", SVELTEKIT, "build/index.js", { maker: "SvelteKit" }),
  "sveltekit handler": program("SvelteKit, the handler alone", SVELTEKIT, "build/handler.js", {
    maker: "SvelteKit",
    handler: "handler",
  }),
  "react-router serve": program("React Router, its own server", REACT_ROUTER, serve, {
    maker: "React Router",
    args: ["./build/server/index.js"],
    bad: [broken("build/server/index.js"), without("build/server/index.js", /index\.js/)],
  }),
  "react-router express": program("React Router in Express", REACT_ROUTER, "server.js"),
  tanstack: program(
    "TanStack Start",
    { folder: "tanstack", output: { dist: "dist", "package.json": "package.json" } },
    "dist/server/server.js",
  ),
} satisfies Readonly<Record<string, ProjectProgram>>;
