// The units with what their pounce.toml asks for.
import { type Demands, runtimeDirectory } from "./demands.ts";
import type { Place } from "./place.ts";

const STATE = /^\/var\/lib\/pounce(\/|$)/;

/** What a master needs that is root only for its workers to be somebody else. */
const OF_ROOT = ["CAP_NET_BIND_SERVICE", "CAP_SETUID", "CAP_SETGID", "CAP_KILL", "CAP_CHOWN"];

/** pounce.service, which otherwise is the same for every configuration. */
export function demandedService(
  unit: string,
  { owner }: Place,
  demands: Demands,
  hasSocket: boolean,
): string {
  const text =
    !hasSocket && demands.socketFolder !== undefined ? withSocketFolder(unit, demands) : unit;
  if (demands.user !== undefined) return asRoot(text, owner);
  const isLow = demands.lowPorts.length > 0 || (!hasSocket && demands.isOnLowPort);
  return withGroups(isLow ? withLowPorts(text) : text, demands);
}

/** The master stays root, as `user` needs it, with no more of root's powers than for that. */
function asRoot(unit: string, owner: string | undefined): string {
  // Without this one root is a user like others to files that only their owner may read.
  const reading = owner === undefined || owner === "root" ? [] : ["CAP_DAC_READ_SEARCH"];
  const capabilities = [...OF_ROOT, ...reading].join(" ");
  const why = "# Starts as root; workers become the user that pounce.toml says.";
  return unit
    .replace(/^#.*\n(?:DynamicUser=yes|User=.*)$/m, why)
    .replace(LOW_PORTS, `CapabilityBoundingSet=${capabilities}`);
}

const LOW_PORTS = /^# For a port below 1024:.*\nCapabilityBoundingSet=$/m;

function withLowPorts(unit: string): string {
  const capability = "CAP_NET_BIND_SERVICE";
  const lines = `CapabilityBoundingSet=${capability}\nAmbientCapabilities=${capability}`;
  return unit.replace(LOW_PORTS, `# For a port below 1024.\n${lines}`);
}

function withGroups(unit: string, { group, keyGroups, closedKeys }: Demands): string {
  const lines = [
    ...(group === undefined ? [] : [`Group=${group}`]),
    ...(keyGroups.length === 0 ? [] : [`SupplementaryGroups=${keyGroups.join(" ")}`]),
    ...closedKeys.map((key) => `# It cannot read ${key} yet: see "pounce help systemd".`),
  ];
  return unit.replace(/^(?:DynamicUser=yes|User=.*)$/m, (line) => [line, ...lines].join("\n"));
}

/** The folder of the Unix socket is made at each start, or must be there and writable. */
function withSocketFolder(unit: string, demands: Demands): string {
  const name = runtimeDirectory(demands);
  const folder = demands.socketFolder ?? "";
  if (name === "pounce" || STATE.test(folder)) return unit;
  if (name !== undefined) return unit.replace(/^RuntimeDirectory=pounce$/m, `$& ${name}`);
  if (/^(\/var)?\/run$/.test(folder)) return unit;
  const why = "# For the Unix socket; the user of the service must be able to write to it.";
  return unit.replace(/^StateDirectory=pounce$/m, (line) => {
    return `${line}\n${why}\nReadWritePaths=${folder.replaceAll("%", "%%")}`;
  });
}

/** pounce.socket. */
export function demandedSocket(unit: string, demands: Demands): string {
  const { listens, socketMode, group } = demands;
  if (listens.length === 0) return unit;
  const escaped = listens.map((it) => `ListenStream=${it.replaceAll("%", "%%")}`);
  // With the system's usual setting the socket for :: has 0.0.0.0 too.
  const isBoth = ["0.0.0.0:", "[::]:"].every((any) => listens.some((it) => it.startsWith(any)));
  const lines = [...escaped, ...(isBoth ? ["BindIPv6Only=ipv6-only"] : [])];
  const file = socketMode === undefined ? [] : [`SocketMode=${socketMode}`];
  if (socketMode !== undefined && group !== undefined) file.push(`SocketGroup=${group}`);
  const text = unit.replace(/^ListenStream=.*$/m, () => [...lines, ...file].join("\n"));
  return file.length === 0 ? text : text.replaceAll(/^# (?:ListenStream|Socket\w+)=.*\n/gm, "");
}
