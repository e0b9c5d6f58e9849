// The surroundings of a master, as far as it acts on them or hears from them: the clock, its own
// process and others, listening sockets, the disk. Each is a narrow interface with two
// implementations: the real one (real/surroundings.ts), which is the I/O and nothing else, and
// a simulated one (test/simulation/world), so that the same Master runs on both.
//
// They use calls and callbacks, not promises: a simulated run takes millions of steps, and is the
// same each time.
import type { Far } from "../metrics/page.ts";
import type { OrderOutcome } from "../acme/order-messages.ts";
import type { DomainFacts, Failures } from "../acme/schedule.ts";
import type { MetricsEndpoint } from "../admin/metrics-server.ts";
import type { Program } from "../core/moves/accept-group.ts";
import type { Effect } from "../core/effects.ts";
import type { Supervision } from "../core/events.ts";
import type { FromPredecessor, FromSuccessor } from "../ipc/handover-messages.ts";
import type { LinkEnd } from "../ipc/links.ts";
import type { WorkerIdentity } from "../ipc/worker-name.ts";
import type { Log } from "../log/logger.ts";
import type { LogEntry } from "../log/format.ts";
import type { Piece } from "../log/line-cutter.ts";
import type { LogSettings } from "../log/settings.ts";
import type { TcpAddress } from "../net/address.ts";
import type { EndDiversion } from "../net/diversion.ts";
import type { ReservedPort } from "../net/shared-port.ts";
import type { Doing } from "../os/doing.ts";
import type { FileFacts } from "../os/file-facts.ts";
import type { Capabilities } from "../platform.ts";
import type { AcmeConfig, TlsConfig } from "../config/config.ts";
import type { Held, Plan, PlanResult } from "./plan/plan.ts";
import type { TlsResult } from "./plan/tls.ts";
import type { WorkerHandle } from "./workers/worker-handle.ts";
import type { WorkerCallbacks, WorkerStart } from "./workers/worker-process.ts";

export interface Surroundings {
  readonly system: Capabilities;
  readonly clock: Clock;
  readonly process: OwnProcess;
  /** Throws when that is impossible. */
  readonly spawnWorker: (
    identity: WorkerIdentity,
    start: WorkerStart,
    callbacks: WorkerCallbacks,
  ) => WorkerHandle;
  /**
   * Tells which worker will probably be spawned next, and how; `undefined`: none will. Its process
   * may start now, and is ended when it turns out that nobody needs it.
   */
  readonly expectWorker: (expected: ExpectedWorker | undefined) => void;
  /** Starts a command of the operator's. Throws when that is impossible. */
  readonly startCommand: (command: Command, callbacks: CommandCallbacks) => CommandHandle;
  /** A process that another master has started, such as a worker of the predecessor. */
  readonly otherProcess: (pid: number) => OtherProcess;
  /** Starts a master that will take over from this one. Throws when that is impossible. */
  readonly startSuccessor: (callbacks: SuccessorCallbacks) => SuccessorHandle;
  readonly sockets: ListenerSockets;
  readonly pages: PageFiles;
  readonly configuration: Configuration;
  /** Left out: none is renewed. */
  readonly certificateFiles?: CertificateFiles | undefined;
  /**
   * Loads what orders certificates: a server that has none ordered does without its code. Left out:
   * none is ordered.
   */
  readonly certificateOrders?: ((done: (orders: CertificateOrders) => void) => void) | undefined;
  /** Makes the log files that workers cannot make. Returns why they cannot be written, if so. */
  readonly makeLogs: (plan: Plan) => string | undefined;
  /** The paths of files that are no longer what they were; see os/file-facts.ts. */
  readonly changedFiles: (files: readonly FileFacts[]) => string[];
  readonly executables: Executables;
  readonly log: ServerLog;
  /** The person who writes the app wants to hear of its versions: `pounce dev`. */
  readonly dev?: DevWatch | undefined;
  /** Makes the server for metrics on a port of their own. */
  readonly serveMetrics: (text: () => string, onProblem: (problem: string) => void) => MetricsPort;
}

/** A worker that will probably be spawned, with the configuration of the present ones. */
export interface ExpectedWorker {
  readonly identity: WorkerIdentity;
  readonly plan: Plan;
  readonly executable: string;
}

/** Cancels what was to be done later; does nothing if that has been done. */
export type Cancel = () => void;

export interface Clock {
  /** Milliseconds since some moment. Never goes back. */
  now(): number;
  /** The time of day. */
  date(): Date;
  /** Milliseconds since a moment that is the same for all processes of this machine. */
  machineMs(): number;
  /** Calls `act` once, not before `delayMs` have passed. */
  after(delayMs: number, act: () => void): Cancel;
  /**
   * Calls `act` repeatedly, as long as the process has something else to wait for; the first time
   * within `intervalMs`.
   */
  every(intervalMs: number, act: () => void): void;
}

/** The master's own process. */
export interface OwnProcess {
  /** A random number from 0 to 1. Left out: there is none. */
  readonly random?: () => number;
  /** What the kernel says that another process does. Left out: it does not say. */
  readonly doing?: ((pid: number) => Doing | undefined) | undefined;
  readonly pid: number;
  /** When it was started, in seconds since 1970. */
  readonly startedSeconds: number;
  /** Who supervises this process. */
  supervision(): Supervision;
  /** Whether a hangup came from a terminal that was closed. */
  isHangup(): boolean;
  /** Resident memory in bytes of the master and, where that is known, of other processes. */
  memory(pids: readonly number[]): { readonly master: number; readonly worker?: number };
  /** The code that runs now will not be needed for a while. */
  releaseCode(): void;
}

/** A command of the operator's, which runs as the workers of a generation do. */
export interface Command {
  readonly generation: number;
  readonly plan: Plan;
  /** Absolute. */
  readonly file: string;
  readonly args: readonly string[];
  /** What it finds in its environment besides what workers do. */
  readonly variables: Readonly<Record<string, string>>;
}

export interface CommandCallbacks {
  /** Takes lines. Resolves when more can be taken. */
  readonly onOutput: (pieces: readonly Piece[]) => Promise<void>;
  /**
   * It has ended, with all that it has started, and what it has printed has been taken.
   * @param how `exit code 1` or `signal SIGKILL`
   */
  readonly onExit: (how: string) => void;
}

export interface CommandHandle {
  /** Kills it, with all that it has started. */
  kill(): void;
}

export interface OtherProcess {
  isRunning(): boolean;
  kill(): void;
}

export interface SuccessorCallbacks {
  readonly onMessage: (message: FromSuccessor) => void;
  /** @param how `exit code 1` or `signal SIGKILL`. */
  readonly onExit: (how: string) => void;
  /** It and all that it has started have ended. */
  readonly onGone: () => void;
}

/** A master that was started to take over. */
export interface SuccessorHandle {
  readonly pid: number;
  /** Sends a message; one to a process that has ended is dropped. */
  send(message: FromPredecessor): void;
  /** Sends duplicates of listeners, in order, as fast as they are taken. */
  sendListeners(descriptors: readonly number[], failed: (error: unknown) => void): void;
  /** Asks it to end. */
  stop(): void;
  /** Kills it and all that it has started. */
  kill(): void;
  /** Stops listening to it. */
  dispose(): void;
}

/** The connection of a successor to its predecessor. */
export interface PredecessorChannel {
  readonly pid: number;
  readonly isOpen: boolean;
  listen(callbacks: {
    readonly onMessage: (message: FromPredecessor) => void;
    readonly onClosed: () => void;
  }): void;
  /** Sends a message; one to a process that has ended is dropped. */
  send(message: FromSuccessor): void;
  /** The next listener, if it has arrived. */
  receiveListener(): number | undefined;
  /** No more listeners will come. */
  closeListeners(): void;
}

/** Listening sockets, by descriptor. A refusal of the kernel is thrown as a `SystemError`. */
export interface ListenerSockets {
  /** Puts a program in force for the accept group of the socket, or removes it. */
  steer(descriptor: number, program: Program): void;
  dropNewHandshakes(descriptor: number): void;
  /** See net/socket-options.ts; without SYN cookies nothing is done. */
  acceptWithData(descriptor: number): void;
  /** See net/socket-options.ts. */
  acceptAtOnce(descriptor: number): void;
  /** Keeps new connections away from a group; see net/diversion.ts. */
  divert(member: number, address: TcpAddress, size: number): EndDiversion | undefined;
  /** A predecessor has passed on a socket that was passed to it. */
  keepInherited(address: string, descriptor: number): void;
  /** The listening socket that was made for an address when it was claimed, or passed. Throws. */
  takeClaim(address: string): number;
  /** Refuses new clients of a shared socket while its queue is served. */
  withdraw(descriptor: number, address: string): void;
  /**
   * From now on the file of a Unix socket has these permissions. Throws.
   * @param gid its group; undefined: that of a new file
   */
  permit(descriptor: number, mode: number, gid: number | undefined): void;
  /** Makes the path of a Unix socket again if it is gone. */
  restorePath(descriptor: number, address: string): void;
  close(descriptor: number): void;
  /** Makes the two ends of a link between workers. Throws. */
  link(): readonly [LinkEnd, LinkEnd];
  /** A worker listens on the address: it need not be claimed for one any more. */
  releaseClaim(address: string): void;
  /** A port that is free on all hosts, reserved for a user. Throws where there is none. */
  reservePort(hosts: readonly string[], owner: number): ReservedPort;
}

/** Pages of memory shared with workers, by descriptor. */
export interface PageFiles {
  /** Makes a page of zeros. `path`: where a worker that cannot inherit it finds it. Throws. */
  create(): { readonly descriptor: number; readonly path?: string };
  read(descriptor: number, into: Float64Array<ArrayBuffer>): void;
  /** How far a worker has got, see metrics/page.ts. Left out: nobody looks. */
  readonly progress?: (descriptor: number) => Far;
  close(descriptor: number): void;
  remove(path: string): void;
}

export interface Configuration {
  /**
   * Reads the configuration and makes a plan from it. It may never answer.
   * @param failed it could not even be tried
   */
  read(held: Held, done: (result: PlanResult) => void, failed: (error: unknown) => void): void;
  /**
   * Reads the configuration alone, without a look at addresses and logs. It may never answer.
   * @param heldPort what port 0 stands for, if known
   * @param done with what is wrong with it; undefined: nothing
   * @param failed it could not even be tried
   */
  check(
    heldPort: number | undefined,
    done: (problem: string | undefined) => void,
    failed: (error: unknown) => void,
  ): void;
}

/** The files of the certificates that are served. */
export interface CertificateFiles {
  /**
   * Reads and checks them.
   * @param failed it could not even be tried
   */
  read(
    config: TlsConfig,
    done: (result: TlsResult) => void,
    failed: (error: unknown) => void,
  ): void;
  /** See plan/tls.ts. */
  signature(config: TlsConfig): string;
}

/** Orders certificates from a CA, and knows what became of the orders before. */
export interface CertificateOrders {
  /**
   * What is on disk for each domain.
   * @param problem is told of a file that cannot be used
   */
  facts(tls: TlsConfig, problem: (words: string) => void): DomainFacts[];
  /** Undefined failures: there are none any more. Returns why they cannot be kept, if so. */
  keepFailures(
    acme: AcmeConfig,
    domain: string,
    failures: Failures | undefined,
  ): string | undefined;
  /**
   * Starts a process that orders a certificate. Throws when that is impossible.
   * @returns gives the order up
   */
  start(
    tls: TlsConfig,
    domain: string,
    executable: string,
    done: (outcome: OrderOutcome) => void,
  ): Cancel;
  /** From 0 to 1. */
  random(): number;
}

/** The files that workers are started from; see plan/executable-file.ts. */
export interface Executables {
  /** Where the executable is looked up. */
  readonly path: string;
  of(generation: number): string;
  forget(generation: number): void;
}

/** Where the log goes; see log/logger.ts. */
export interface ServerLog {
  readonly log: Log;
  relay(entries: readonly LogEntry[]): Promise<void>;
  use(settings: LogSettings): void;
  /** Its file; undefined: it goes to stdout and stderr. */
  readonly file: string | undefined;
  /** Reopens the file, which may have been moved away; returns why that failed, if it did. */
  reopen(): string | undefined;
}

/** What `DevWatch` may do with the server. */
export interface DevServer {
  readonly log: Log;
  /** @param by who asks for it, in words */
  readonly reload: (by: string) => void;
}

/** Hears what versions of the app are made from, and what becomes of each. */
export interface DevWatch {
  /** A generation is about to be started from this. */
  onPlan(plan: Plan): void;
  /**
   * A worker has loaded these files, besides those that it has told of before.
   * @param sinceMs after this time, as `Date.now()` gives it
   */
  onFiles(generation: number, files: readonly string[], sinceMs: number): void;
  /** An effect of the core has been performed. */
  onEffect(effect: Effect): void;
}

/** Metrics on a port of their own. */
export interface MetricsPort {
  readonly addresses: readonly string[];
  use(endpoint: MetricsEndpoint): void;
  close(): void;
}
