// Runs a command of the operator's on this machine: as the workers' user, in their folder, with
// their environment, in a process group of its own, and with none of our files or signals. On Linux
// its process first becomes that user, see worker/command-process.ts.
import { BECOME_VARIABLE } from "../../os/become.ts";
import { commandArguments, type CommandOrder } from "../../ipc/command-order.ts";
import { addChild, removeChild } from "../../os/own-children.ts";
import { signalGroup } from "../../os/process-group.ts";
import { here } from "../../platform.ts";
import type { Command, CommandCallbacks, CommandHandle } from "../surroundings.ts";
import { explainSpawn } from "../workers/spawn-error.ts";
import { settingsOf, variablesFor, withoutReserved } from "../workers/start-process.ts";
import { openOutput } from "./command-output.ts";

/** How long the end of a command is held back for what it has printed, if the log is slow. */
const LAST_LINES_MS = 500;

interface Start {
  readonly argv: readonly string[];
  readonly argv0: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Throws when that is impossible. @param executable pounce's own */
export function startCommand(
  command: Command,
  executable: string,
  { onOutput, onExit }: CommandCallbacks,
): CommandHandle {
  const output = openOutput(async (pieces) => {
    if (pieces.length > 0) await onOutput(pieces);
  });
  const { argv, argv0, cwd, env } = here.hasLibc
    ? becoming(command, executable)
    : directly(command);
  let child: Bun.Subprocess | undefined;
  try {
    child = Bun.spawn([...argv], {
      argv0,
      cwd,
      env,
      stdio: ["ignore", ...output.stdio],
      detached: true,
      onExit: ({ pid, exitCode, signalCode }) => {
        removeChild(pid);
        // What it has left running in its group is not to outlive its answer.
        signalGroup(pid, "SIGKILL");
        const how = signalCode === null ? `exit code ${exitCode}` : `signal ${signalCode}`;
        void output.untilSilent(LAST_LINES_MS).then(() => onExit(how));
      },
    });
    addChild(child.pid);
  } catch (error) {
    throw explainSpawn(error, { executable: argv[0] ?? "", folder: command.plan.folder });
  } finally {
    output.begin(child);
  }
  const { pid } = child;
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  return { kill: () => void (hasEnded() || signalGroup(pid, "SIGKILL")) };
}

function variablesOf({ plan, variables }: Command): Start["env"] {
  return withoutReserved({ ...variablesFor(settingsOf(plan)), ...variables });
}

/** Where no process can become another user, nor another program. */
function directly(command: Command): Start {
  const { file, args, plan } = command;
  const env = { ...withoutReserved(process.env), ...variablesOf(command) };
  return { argv: [file, ...args], argv0: file, cwd: plan.folder, env };
}

function becoming(command: Command, executable: string): Start {
  const { file, args, plan, generation } = command;
  const order: CommandOrder = {
    identity: plan.runsAs?.identity,
    folder: plan.folder,
    variables: variablesOf(command),
    file,
    args,
    master: process.pid,
  };
  const env = { ...withoutReserved(process.env), [BECOME_VARIABLE]: JSON.stringify(order) };
  const argv = [executable, ...commandArguments(generation)];
  return { argv, argv0: "pounce", cwd: "/", env };
}
