// The arguments that a worker is started with. They mark it as a worker, and `ps` shows them.

export interface WorkerIdentity {
  readonly worker: number;
  readonly generation: number;
  readonly slot: number;
}

const NAME = String.raw`worker \d+ generation \d+ slot \d+`;
const ARGUMENTS = new RegExp(`^${NAME}$`);
const COMMAND = new RegExp(String.raw`(^|\/)pounce ${NAME}$`);

export function workerArguments({ worker, generation, slot }: WorkerIdentity): string[] {
  return ["worker", worker, "generation", generation, "slot", slot].map(String);
}

/** Whether these are the arguments of a worker. */
export function areOfWorker(argv: readonly string[]): boolean {
  return ARGUMENTS.test(argv.join(" "));
}

/** The slot of the worker with these arguments; undefined: they are of no worker. */
export function slotIn(argv: readonly string[]): number | undefined {
  return areOfWorker(argv) ? Number(argv.at(-1)) : undefined;
}

/** Whether a process is a worker of ours, by its command line with spaces between arguments. */
export function isWorkerCommand(command: string): boolean {
  return COMMAND.test(command);
}
