// Where a handover would do harm: whoever watches this process takes its end for the server's.

export interface Watcher {
  readonly pid: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The name of the parent process; `undefined` when it cannot be told. */
  readonly parent: string | undefined;
  /** Whether the parent is process 1. */
  readonly isParentFirst: boolean;
  /** Whether two masters' workers can listen on one address. */
  readonly sharesAddresses: boolean;
}

/** Supervisors that start a server anew when the process that they have started ends. */
const SUPERVISORS = new Set([
  "supervisord",
  "runsv",
  "s6-supervise",
  "supervise",
  "circusd",
  "god",
  "monit",
]);
/** First processes of containers, which end with the process that they have started. */
const INITS = new Set(["tini", "docker-init", "dumb-init", "catatonit"]);

/** Why this process must not hand over to another; `undefined` when it may. */
export function handoverRefusal(watcher: Watcher): string | undefined {
  const { pid, env, parent, isParentFirst, sharesAddresses } = watcher;
  if (!sharesAddresses) {
    return "no two servers can listen on one address on this system; restart it instead";
  }
  if (pid === 1) return "the container ends with process 1; start a new container instead";
  if (env["SUPERVISOR_ENABLED"] !== undefined) {
    return "supervisord would start a second server when this process ends; restart it there";
  }
  if (parent !== undefined && SUPERVISORS.has(parent)) {
    return `${parent} would start a second server when this process ends; restart it there`;
  }
  if (isParentFirst && parent !== undefined && INITS.has(parent)) {
    return `the container ends with this process (${parent}); start a new container instead`;
  }
  if (env["SYSTEMD_EXEC_PID"] === String(pid) && env["NOTIFY_SOCKET"] === undefined) {
    return "systemd would end the service with this process; it needs Type=notify to follow";
  }
  return undefined;
}
