// All that are compared, in the order in which they are shown.
import type { Workspace } from "../workspace.ts";
import { naive, pounce, rawBun } from "./bun.ts";
import { gunicorn, haproxy, nginx, puma } from "./debian.ts";
import type { Missing } from "./found.ts";
import { nodeCluster, pm2 } from "./node.ts";
import type { Find, Subject } from "./subject.ts";

const ALL: readonly Find[] = [
  pounce,
  rawBun,
  naive,
  nodeCluster,
  pm2,
  gunicorn,
  puma,
  nginx,
  haproxy,
];

export interface Subjects {
  readonly found: readonly Subject[];
  readonly missing: readonly Missing[];
}

/** Finds out what this machine has. Installs PM2, which is a package of npm, into the workspace. */
export async function findSubjects(workspace: Workspace): Promise<Subjects> {
  const found: Subject[] = [];
  const missing: Missing[] = [];
  for (const find of ALL) {
    const one = await find(workspace);
    if ("missing" in one) missing.push(one);
    else found.push(one);
  }
  return { found, missing };
}
