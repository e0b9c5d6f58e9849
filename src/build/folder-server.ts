// Servers that the tools of frameworks have made, and that read the files beside them as they run:
// pages, scripts, images. An executable with the module alone would serve none of these.
import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";

interface Maker {
  readonly name: string;
  /** Whether it has made the module in `folder`. */
  readonly hasMade: (folder: string, file: string) => boolean;
}

/** Each leaves other files beside its server; no version of the module needs to be known. */
const MAKERS: readonly Maker[] = [
  // Also a server of one's own in the folder of the project.
  { name: "Next", hasMade: (folder) => existsSync(join(folder, ".next/BUILD_ID")) },
  // Nuxt and others are made with it. Without public files there is nothing beside it.
  {
    name: "Nitro",
    hasMade: (folder) =>
      existsSync(join(folder, "../nitro.json")) && !isEmpty(join(folder, "../public")),
  },
  {
    name: "Astro",
    hasMade: (folder, file) =>
      file === "entry.mjs" &&
      basename(folder) === "server" &&
      existsSync(join(folder, "../client")),
  },
  {
    name: "SvelteKit",
    hasMade: (folder) =>
      existsSync(join(folder, "handler.js")) && existsSync(join(folder, "client")),
  },
  { name: "React Router", hasMade: (folder) => folder.endsWith("/@react-router/serve") },
];

/** Which tool has made the module at `path`, to be served from its folder; undefined: none. */
export function folderServer(path: string): string | undefined {
  const [folder, file] = [dirname(path), basename(path)];
  return MAKERS.find(({ hasMade }) => hasMade(folder, file))?.name;
}

function isEmpty(folder: string): boolean {
  return !existsSync(folder) || readdirSync(folder).length === 0;
}
