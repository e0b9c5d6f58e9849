// What pounce can do on which system, in one place, and pure, so that a table can test it.

/** Defined by scripts/build.ts, for tests only: the system to pose as. */
declare const POUNCE_POSES_AS: string | undefined;

/**
 * The system and the processor that this runs on, as Node names them. They are read indirectly,
 * because the bundler replaces `process.platform` and `process.arch` by those of its own machine,
 * and `pounce build --target` compiles this code again for another machine.
 */
export const platform: string =
  typeof POUNCE_POSES_AS === "string" ? POUNCE_POSES_AS : Reflect.get(process, "platform");
export const arch: string = Reflect.get(process, "arch");

/** What a system on which pounce serves allows, and what it does not. */
export interface Capabilities {
  /** The system's name, as people write it. */
  readonly name: string;
  /**
   * Processes can listen on one address together, and the kernel can be told which of them gets a
   * connection. Elsewhere one worker serves: see core/sharing.
   */
  readonly sharesAddresses: boolean;
  /** Processes can pass open files to each other, such as listeners. */
  readonly passesDescriptors: boolean;
  /** There is a C library whose functions, numbers and structures os/libc.ts knows. */
  readonly hasLibc: boolean;
  /** Processes and their files can be read, and files started, in /proc. */
  readonly hasProc: boolean;
  /** A Unix socket can have a name that is not a file. */
  readonly hasAbstractSockets: boolean;
  /** The limit for the path of a Unix socket, without the final zero. */
  readonly socketPathBytes: number;
  /** The folder for files of running services. */
  readonly runFolder: string;
  /** The temporary folder's path is short enough for a Unix socket in it. */
  readonly hasShortTmpdir: boolean;
  /** Why the system refuses a port to this user, and what to do. */
  readonly portRefusal: string;
  /** What a reload cannot promise here, a sentence each. */
  readonly limits: readonly string[];
}

const LINUX: Capabilities = {
  name: "Linux",
  sharesAddresses: true,
  passesDescriptors: true,
  hasLibc: true,
  hasProc: true,
  hasAbstractSockets: true,
  socketPathBytes: 107,
  runFolder: "/run",
  hasShortTmpdir: true,
  portRefusal:
    "not permitted; ports below 1024 need CAP_NET_BIND_SERVICE: start pounce as root, with user " +
    "set, or by systemd with AmbientCapabilities= or a socket unit (pounce help systemd)",
  limits: [],
};

/** It has a C library too, but with other numbers and structures. */
const MACOS: Capabilities = {
  name: "macOS",
  sharesAddresses: false,
  passesDescriptors: false,
  hasLibc: false,
  hasProc: false,
  hasAbstractSockets: false,
  socketPathBytes: 103,
  runFolder: "/var/run",
  hasShortTmpdir: false,
  portRefusal: "not permitted to this user; choose a port above 1023",
  limits: [
    "only one worker serves, because no two can listen on one address",
    "a reload refuses new connections for a few milliseconds, between two listeners",
    "connections that are idle at that moment, or whose request has not been read, are closed",
    "tested on a Linux that poses as macOS, never on a Mac",
  ],
};

/** @param name as Node names a system; where pounce cannot serve, Linux's are returned */
export function capabilitiesOf(name: string): Capabilities {
  return name === "darwin" ? MACOS : LINUX;
}

/** This system's. */
export const here: Capabilities = capabilitiesOf(platform);

/** Why pounce cannot serve on a system, as one line; `undefined` when it can. */
export function servingProblem(name: string): string | undefined {
  if (name === "linux" || name === "darwin") return undefined;
  return (
    `pounce cannot serve on ${name}: it needs Linux's way of sharing an address ` +
    "between processes, and its signals"
  );
}
