// What `pounce check` says of who may connect to a Unix socket: a proxy that may not answers 502.
import { dirname } from "node:path";
import type { Plan } from "../master/plan/plan.ts";
import { groupIn } from "../net/unix-listener.ts";
import { isAbstract } from "../net/unix-address.ts";
import { ownUser } from "../os/own-user.ts";
import { findGroup } from "../os/users.ts";
import { fine, type Finding } from "./finding.ts";

const WRITE_OF_GROUP = 0o020;
const WRITE_OF_OTHERS = 0o002;

type Listening = Pick<Plan, "runsAs"> & { readonly config: Pick<Plan["config"], "uds"> };

/** Nothing of a socket without a file, which all may use, nor of one whose folder is not there. */
export function unixSocketFindings({ config: { uds }, runsAs }: Listening): Finding[] {
  if (uds === undefined || isAbstract(uds.path) || (uds.mode & WRITE_OF_OTHERS) !== 0) return [];
  const gid = runsAs?.identity.gid ?? groupOf(dirname(uds.path));
  if (gid === undefined) return [];
  const group = findGroup(String(gid))?.name ?? String(gid);
  const who = ownUser();
  const isForGroup = (uds.mode & WRITE_OF_GROUP) !== 0;
  const name = "uds_permissions";
  const also = isForGroup && group !== who ? `, and the group ${group}` : "";
  if (also !== "") return [fine(name, `${who}${also} may connect`)];
  return [
    fine(
      name,
      `${who} alone may connect`,
      'for a proxy of another user: group = "www-data" (pounce help unix-sockets)',
    ),
  ];
}

function groupOf(folder: string): number | undefined {
  try {
    return groupIn(folder);
  } catch {
    return undefined;
  }
}
