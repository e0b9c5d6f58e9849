// How a master is told that it is started to take over from another.

export const TAKEOVER_VARIABLE = "POUNCE_TAKEOVER";

/**
 * Whether this process was started to take over. Its own children are not to think so of
 * themselves.
 */
export function isSuccessor(): boolean {
  const isAsked = process.env[TAKEOVER_VARIABLE] !== undefined;
  delete process.env[TAKEOVER_VARIABLE];
  return isAsked && process.send !== undefined;
}
