// What the environment of a successor says: its predecessor writes it, and the successor reads it.

const TAKEOVER = "POUNCE_TAKEOVER";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * It says that the successor takes over. From then on the service manager's watchdog, if any, is
 * for the successor.
 */
export function environmentOfSuccessor(env: Environment): Record<string, string | undefined> {
  return { ...env, [TAKEOVER]: "1", WATCHDOG_PID: undefined };
}

/** Whether this process was started to take over from another, until the mark is taken. */
export function isSuccessor(): boolean {
  return process.env[TAKEOVER] !== undefined;
}

/**
 * Whether this process takes over from another. Can be asked once: the mark is removed from the
 * environment, so that this process's own children do not find it.
 */
export function takeSuccessorMark(): boolean {
  const isAsked = process.env[TAKEOVER] !== undefined;
  delete process.env[TAKEOVER];
  return isAsked && process.send !== undefined;
}
