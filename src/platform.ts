// What pounce can do on which system, said in one place: pure, so that a table can test it.

/** What a system on which pounce serves lets it do, and what it does not. */
export interface Capabilities {
  /** The system's name, as people write it. */
  readonly name: string;
  /**
   * Processes can listen on one address together, and pass listeners on. Where they cannot, there is one
   * worker, and nothing of Linux is used: no system call of our own, no /proc.
   */
  readonly sharesAddresses: boolean;
  /** What a reload cannot promise here, a sentence each. */
  readonly limits: readonly string[];
}

/** @param platform as `process.platform` names it; where pounce cannot serve, that of Linux */
export function capabilitiesOf(platform: string): Capabilities {
  if (platform !== "darwin") return { name: "Linux", sharesAddresses: true, limits: [] };
  return {
    name: "macOS",
    sharesAddresses: false,
    limits: [
      "one worker serves, as no two can listen on one address",
      "a reload refuses new connections for some milliseconds, between two listeners",
      "connections that are idle at that moment, or whose request has not been read, are closed",
      "tested on a Linux that was told to be macOS, never on a Mac",
    ],
  };
}

/** This system's. */
export const here: Capabilities = capabilitiesOf(process.platform);

/** Why pounce cannot serve on a system, as one line; `undefined` when it can. */
export function servingProblem(platform: string): string | undefined {
  if (platform === "linux" || platform === "darwin") return undefined;
  return (
    `pounce cannot serve on ${platform}: it needs what Linux has for sharing an address ` +
    "among processes, and its signals"
  );
}
