// What the environment of a successor says, written by its predecessor and read by itself.

const TAKEOVER = "POUNCE_TAKEOVER";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * It is told that it takes over. The service manager's watchdog, if any, is for it from then on.
 */
export function environmentOfSuccessor(env: Environment): Record<string, string | undefined> {
  return { ...env, [TAKEOVER]: "1", WATCHDOG_PID: undefined };
}

/**
 * Whether this process takes over from another. Says so once: the mark is taken off the environment,
 * so that its own children do not think they do.
 */
export function takeSuccessorMark(): boolean {
  const isAsked = process.env[TAKEOVER] !== undefined;
  delete process.env[TAKEOVER];
  return isAsked && process.send !== undefined;
}
