// How many clients each mode has, and in which process each is.
import type { LoadPlan, Mode } from "./plan.ts";

/**
 * Clients of each mode, if none are asked for. Those that never pause take all the processor time
 * they get: few of them are enough, so that new connections, which cost most, get most of it.
 */
const CLIENTS: Readonly<Record<Mode, number>> = {
  connection: 32,
  "keep-alive": 2,
  thinking: 16,
  silent: 16,
  "slow-head": 8,
  post: 4,
  "slow-upload": 8,
  "slow-download": 4,
  sse: 8,
  websocket: 8,
  h2: 2,
  "h2-connection": 8,
  "h2-thinking": 8,
  "h2-post": 2,
  "h2-sse": 4,
};

/** The clients of one process, by mode: only of modes that it has clients of. */
export type Share = Readonly<Partial<Record<Mode, number>>>;

/**
 * One share for each process. Every mode has at least one client.
 * @param cpus of this machine, which the server needs too
 */
export function sharesOf(plan: LoadPlan, cpus: number): Share[] {
  const usual = plan.modes.reduce((sum, { mode }) => sum + CLIENTS[mode], 0);
  const factor = (plan.clients ?? usual) / usual;
  const clients = plan.modes.flatMap(({ mode }) => {
    const count = Math.max(1, Math.round(CLIENTS[mode] * factor));
    return Array.from({ length: count }, () => mode);
  });
  const processes = Math.min(clients.length, plan.processes ?? processesFor(cpus));
  return Array.from({ length: processes }, (_, process) => {
    const share: Partial<Record<Mode, number>> = {};
    for (let index = process; index < clients.length; index += processes) {
      const mode = clients[index];
      if (mode !== undefined) share[mode] = (share[mode] ?? 0) + 1;
    }
    return share;
  });
}

/** Half of the processors are left to the server. More than eight processes were never needed. */
function processesFor(cpus: number): number {
  return Math.min(8, Math.max(1, Math.floor(cpus / 2)));
}
