// Whom workers become, where the configuration says so.
import type { Plan } from "../master/plan/plan.ts";
import { changeProblem } from "../master/plan/runs-as.ts";
import { ownUser } from "../os/own-user.ts";
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
  return [fine("user", `the app runs as ${name} (${uid}:${gid}, groups ${others})${port}`)];
}
