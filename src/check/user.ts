// Whom workers become, where the configuration says so.
import type { Plan } from "../master/plan/plan.ts";
import { changeProblem } from "../master/plan/runs-as.ts";
import { ownUser } from "../os/own-user.ts";
import { isRootsFile } from "../os/permissions.ts";
import { fine, type Finding, warning } from "./finding.ts";
import type { OwnServer } from "./own-server.ts";

/** The app is loaded as this user. */
export function userFindings({ config, runsAs }: Plan, own: OwnServer | undefined): Finding[] {
  const fixed = changeProblem(runsAs, own?.workerUid);
  if (fixed !== undefined) return [warning("user", fixed.replace(/^user: /, ""))];
  if (config.user === undefined && config.group === undefined) return [];
  if (runsAs === undefined) return [fine("user", `the app runs as ${ownUser()}, as pounce itself`)];
  const { name, uid, gid, groups, bindsLowPorts } = runsAs.identity;
  const others = groups.length === 0 ? "none" : groups.join(", ");
  const port = bindsLowPorts ? `; of root's powers it keeps that to bind port ${config.port}` : "";
  const runs = fine("user", `the app runs as ${name} (${uid}:${gid}, groups ${others})${port}`);
  return uid === 0 ? [runs] : [runs, ...trustFindings(config)];
}

/** What root reads and starts, at each reload again: whoever may change it can become root. */
function trustFindings({ file, envFiles, tls }: Plan["config"]): Finding[] {
  const pairs = tls?.pairs.flatMap(({ cert, key }) => [cert, key]) ?? [];
  const trusted = new Set([process.execPath, ...(file === undefined ? [] : [file])]);
  for (const path of [...envFiles, ...pairs]) trusted.add(path);
  const open = [...trusted].filter((path) => isRootsFile(path) === false);
  if (open.length === 0) return [];
  const words = `others than root may change what root reads or starts: ${open.join(", ")}`;
  return [
    warning(
      "user",
      words,
      "chown them to root, and all folders above; see: pounce help privileges",
    ),
  ];
}
