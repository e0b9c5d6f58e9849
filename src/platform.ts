// What pounce can do on which system, said in one place: pure, so that a table can test it.

/** Put in by scripts/build.ts for tests alone: the system that this one is taken for. */
declare const POUNCE_POSES_AS: string | undefined;

/**
 * The system and the processor that this runs on, as Node names them. Read in this way as the
 * bundler puts those of its own machine in the place of `process.platform` and `process.arch`, and
 * `pounce build --target` compiles that code once more, for another machine.
 */
export const platform: string =
  typeof POUNCE_POSES_AS === "string" ? POUNCE_POSES_AS : Reflect.get(process, "platform");
export const arch: string = Reflect.get(process, "arch");

/** What a system on which pounce serves lets it do, and what it does not. */
export interface Capabilities {
  /** The system's name, as people write it. */
  readonly name: string;
  /**
   * Processes can listen on one address together, and pass listeners on. Where they cannot, there
   * is one worker, and nothing of Linux is used: no system call of our own, no /proc.
   */
  readonly sharesAddresses: boolean;
  /** What a reload cannot promise here, a sentence each. */
  readonly limits: readonly string[];
}

/** @param name as Node names a system; where pounce cannot serve, that of Linux */
export function capabilitiesOf(name: string): Capabilities {
  if (name !== "darwin") return { name: "Linux", sharesAddresses: true, limits: [] };
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
export const here: Capabilities = capabilitiesOf(platform);

/** Why pounce cannot serve on a system, as one line; `undefined` when it can. */
export function servingProblem(name: string): string | undefined {
  if (name === "linux" || name === "darwin") return undefined;
  return (
    `pounce cannot serve on ${name}: it needs what Linux has for sharing an address ` +
    "among processes, and its signals"
  );
}
