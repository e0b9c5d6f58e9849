// Runs a command of the operator's on this machine: as the workers' user, in their folder, with
// their environment, in a process group of its own, and with none of our files or signals. On Linux
// its process first becomes that user, see worker/command-process.ts.
import { addChild, removeChild } from "../../os/own-children.ts";
import { signalGroup } from "../../os/process-group.ts";
import { here } from "../../platform.ts";
import type { Command, CommandCallbacks, CommandHandle } from "../surroundings.ts";
import { WorkerOutput } from "../workers/worker-output.ts";
import { explainSpawn } from "../workers/spawn-error.ts";
import { BECOME_VARIABLE } from "../../os/become.ts";
import { commandArguments, type CommandOrder } from "../../ipc/command-order.ts";
import { settingsOf, variablesFor, withoutReserved } from "../workers/start-process.ts";

/** How long the end of a command is held back for what it has printed, if the log is slow. */
const LAST_LINES_MS = 500;

/** Throws when that is impossible. @param executable pounce's own */
export function startCommand(
  command: Command,
  executable: string,
  { onOutput, onExit }: CommandCallbacks,
): CommandHandle {
  const { file, args, plan } = command;
  const { folder, runsAs } = plan;
  const variables = { ...variablesFor(settingsOf(plan)), ...command.variables };
  const output = new WorkerOutput((_, pieces) => onOutput(pieces));
  // The same for both: so its lines come in the order in which they were printed.
  const [stdout] = output.workersEnds;
  const onBunsExit = (
    _: unknown,
    code: number | null,
    signal: NodeJS.Signals | number | null,
  ): void => {
    removeChild(child.pid);
    // What it has left running in its group is not to outlive its answer.
    signalGroup(child.pid, "SIGKILL");
    const how = signal === null ? `exit code ${code}` : `signal ${String(child.signalCode)}`;
    void output.untilSilent(LAST_LINES_MS).then(() => onExit(how));
  };
  const common = { stdio: ["ignore", stdout, stdout], detached: true, onExit: onBunsExit } as const;
  const start = (): Bun.Subprocess => {
    if (!here.hasLibc) {
      const env = withoutReserved({ ...process.env, ...variables });
      return Bun.spawn([file, ...args], { ...common, stdio: [...common.stdio], cwd: folder, env });
    }
    const order: CommandOrder = {
      identity: runsAs?.identity,
      folder,
      variables: withoutReserved(variables),
      file,
      args,
      master: process.pid,
    };
    const env = { ...withoutReserved(process.env), [BECOME_VARIABLE]: JSON.stringify(order) };
    return Bun.spawn([executable, ...commandArguments(command.generation)], {
      ...common,
      stdio: [...common.stdio],
      argv0: "pounce",
      cwd: "/",
      env,
    });
  };
  let child: Bun.Subprocess;
  try {
    child = start();
  } catch (error) {
    throw explainSpawn(error, { executable: here.hasLibc ? executable : file, folder });
  } finally {
    output.closeWorkersEnds();
  }
  addChild(child.pid);
  return { kill: () => void (child.exitCode === null && signalGroup(child.pid, "SIGKILL")) };
}
