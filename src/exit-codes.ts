// The exit codes of pounce, which scripts and supervisors rely on.
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

/** Those of a command that a signal has ended: 128 and the number of the signal, as in a shell. */
export const SIGNAL_EXIT_CODE = { SIGHUP: 129, SIGINT: 130, SIGQUIT: 131, SIGTERM: 143 } as const;
