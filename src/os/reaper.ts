// Process 1 inherits the orphans of its whole container, and each that ends stays a zombie until
// process 1 has waited for it. Bun waits only for processes that it has spawned.
import { P_ALL, WEXITED, WNOHANG, WNOWAIT } from "./constants.ts";
import { libc } from "./libc.ts";

const SIGINFO_SIZE = 128;
const SI_PID = 16;

/**
 * A zombie of our own disappears once Bun has seen its exit; those behind it can be reaped then.
 */
const RETRY_MS = 50;

// A `siginfo_t`; the kernel writes to it by address, so it lives as long as this module.
const info = new DataView(new ArrayBuffer(SIGINFO_SIZE));
const infoBytes = new Uint8Array(info.buffer);

/** The pid of a child that has ended, without reaping it; `undefined` when there is none. */
function endedChild(): number | undefined {
  info.setInt32(SI_PID, 0, true);
  if (libc().waitid(P_ALL, 0, infoBytes, WEXITED | WNOHANG | WNOWAIT) !== 0) return undefined;
  const pid = info.getInt32(SI_PID, true);
  return pid === 0 ? undefined : pid;
}

/** Reaps until nothing is left, or until one of our own children is in the way. */
function reapOrphans(isOurs: (pid: number) => boolean): "done" | "ours-first" {
  for (let pid = endedChild(); pid !== undefined; pid = endedChild()) {
    if (isOurs(pid)) return "ours-first";
    libc().waitpid(pid, null, WNOHANG);
  }
  return "done";
}

/**
 * From now on, reaps each child that ends and is not ours.
 * @param isOurs whether this process has spawned that child, and does not know yet that it has
 *   exited
 */
export function startReaper(isOurs: (pid: number) => boolean): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const reap = (): void => {
    clearTimeout(timer);
    if (reapOrphans(isOurs) === "done") return;
    timer = setTimeout(reap, RETRY_MS);
    timer.unref();
  };
  process.on("SIGCHLD", reap);
  reap();
}
