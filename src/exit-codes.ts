/** The exit codes of pounce, which scripts and supervisors rely on. */
export const EXIT_CODE = {
  /** All went as asked: a graceful stop, for one. */
  ok: 0,
  /** The app failed to load at start or crashed too often there; or the command did not succeed. */
  failed: 1,
  /** Wrong usage, or a configuration that is not valid. */
  usage: 2,
  /** The address is in use, or not permitted. */
  address: 3,
  /** No running server was found to speak to. */
  notRunning: 4,
} as const;

export type ExitCode = (typeof EXIT_CODE)[keyof typeof EXIT_CODE];
