// Starts the process of a worker: its arguments, environment and folder, and the descriptors that
// it inherits. What the master does with it is in worker-process.ts.
import { RESERVED_VARIABLES } from "../../config/schema/reserved-variables.ts";
import { LISTENER_CHANNEL, PAGE, SERVER_STDOUT, WORKER_CHANNEL } from "../../ipc/inherited.ts";
import { workerArguments, type WorkerIdentity } from "../../ipc/worker-name.ts";
import { closeDescriptor, descriptorChannel } from "../../os/descriptors.ts";
import { here } from "../../platform.ts";
import { BECOME_VARIABLE, type Become } from "../../os/become.ts";
import type { Plan } from "../plan/plan.ts";
import type { RunsAs } from "../plan/runs-as.ts";
import { type AppPlace, startFolder } from "../../tsconfig/start-folder.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** What of a configuration decides how its workers' processes are started. */
export interface ProcessSettings {
  /** The real folder that workers run in. */
  readonly folder: string;
  readonly app: AppPlace;
  readonly workerEnv: Environment;
  /** The variable that says the slot, if there is one. */
  readonly slotVariable: string | undefined;
  /** Whom they become; undefined: they stay as the master is. */
  readonly runsAs: RunsAs | undefined;
}

export function settingsOf({ app, folder, config, runsAs }: Plan): ProcessSettings {
  const { workerEnv, slotVariable } = config;
  return { app, folder, workerEnv, slotVariable, runsAs };
}

/** All that a process cannot be given once it has started. */
export interface ProcessStart {
  readonly executable: string;
  readonly args: readonly string[];
  readonly env: Environment;
  readonly cwd: string;
  /** The descriptor of the page to count in, if there is one to inherit. */
  readonly page: number | undefined;
  readonly stdout: number;
  /** stdout and stderr, if they are read; ours if not given. */
  readonly output: readonly [stdout: number, stderr: number] | undefined;
}

/** A process that has been started, and that nobody has spoken to. */
export interface StartedProcess {
  readonly subprocess: Bun.Subprocess;
  /** Our end of the channel for messages. */
  readonly channel: number;
  /** Listeners arrive over it; undefined where they are not passed on. */
  readonly listeners: number | undefined;
  /** Called when it has ended, by whoever it belongs to then. */
  onExit: (code: number | null, signal: NodeJS.Signals | number | null) => void;
}

/** What each process of the workers' user has in its environment over what the master has. */
export function variablesFor({ folder, workerEnv, runsAs }: ProcessSettings): Environment {
  return { ...runsAs?.variables, ...workerEnv, PWD: folder };
}

/** What a worker has in it over what the master has. */
function ownVariables(settings: ProcessSettings, { slot }: WorkerIdentity): Environment {
  const { slotVariable } = settings;
  const variables = variablesFor(settings);
  return slotVariable === undefined ? variables : { ...variables, [slotVariable]: String(slot) };
}

/** No process of the workers' user gets these. */
export function withoutReserved(variables: Environment): Environment {
  return Object.fromEntries(
    Object.entries(variables).filter(([name]) => !RESERVED_VARIABLES.includes(name)),
  );
}

/** How to start the process of a worker whose output is not read. */
export function processStart(
  identity: WorkerIdentity,
  settings: ProcessSettings,
  how: Pick<ProcessStart, "executable" | "page" | "stdout">,
): ProcessStart {
  const args = workerArguments(identity);
  const folder = startFolder(settings.app, settings.folder);
  const variables = ownVariables(settings, identity);
  const { runsAs } = settings;
  if (runsAs === undefined) {
    const env = withoutReserved({ ...process.env, ...variables });
    return { ...how, args, env, cwd: folder, output: undefined };
  }
  // Nothing that the user may write counts before the process has become that user.
  const become: Become = {
    identity: runsAs.identity,
    folder,
    variables: withoutReserved(variables),
  };
  const env = { ...withoutReserved(process.env), [BECOME_VARIABLE]: JSON.stringify(become) };
  return { ...how, args, env, cwd: "/", output: undefined };
}

/** In the form that `Bun.spawn` takes. */
type Stdio = ["ignore", number, number, ...(number | "ignore" | "pipe")[]];

/** Throws when that is impossible. */
export function startProcess(start: ProcessStart): StartedProcess {
  const { executable, args, env, cwd, page, stdout, output = [stdout, 2] } = start;
  const [listeners, workersEnd] = here.passesDescriptors ? descriptorChannel() : [];
  const stdio: Stdio = ["ignore", ...output];
  stdio[LISTENER_CHANNEL] = workersEnd ?? "ignore";
  stdio[PAGE] = page ?? "ignore";
  stdio[SERVER_STDOUT] = stdout;
  stdio[WORKER_CHANNEL] = "pipe";
  try {
    const subprocess = Bun.spawn([executable, ...args], {
      argv0: "pounce",
      cwd,
      env,
      stdio,
      onExit: (_process, code, signal) => started.onExit(code, signal),
    });
    const channel = Number(subprocess.stdio[WORKER_CHANNEL]);
    const started: StartedProcess = { subprocess, channel, listeners, onExit: () => undefined };
    return started;
  } catch (error) {
    if (listeners !== undefined) closeDescriptor(listeners);
    throw error;
  } finally {
    if (workersEnd !== undefined) closeDescriptor(workersEnd);
  }
}
