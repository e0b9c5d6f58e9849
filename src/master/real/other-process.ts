// A process that another master has started: a worker of the predecessor.
import { identify, isRunning } from "../../os/process-identity.ts";
import type { OtherProcess } from "../surroundings.ts";

export function otherProcess(pid: number): OtherProcess {
  const identity = identify(pid);
  return {
    isRunning: () => isRunning(identity),
    kill: () => {
      try {
        if (isRunning(identity)) process.kill(pid, "SIGKILL");
      } catch {
        // It has ended in the meantime.
      }
    },
  };
}
