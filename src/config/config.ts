// The configuration that the rest of pounce works with: checked, complete, every path absolute.
import type {
  Affinity,
  LimitSettings,
  RecycleSettings,
  RespawnSettings,
  RolloutSettings,
  WebSocketSettings,
} from "../core/settings.ts";
import type { AccessLogSettings, LogSettings } from "../log/settings.ts";
import type { PairFiles, TlsPlaces } from "../tls/read-pairs.ts";
import type { TlsVersion } from "../tls/served.ts";

/** Certificates that are ordered from a CA, one for each domain. */
export interface AcmeConfig {
  /** Lower case, ASCII; each belongs to the pair with the same index, a single file for both. */
  readonly domains: readonly string[];
  readonly email: string | undefined;
  /** The URL of the CA. */
  readonly directory: string;
  /** The file of the certificates that the CA's own server is trusted by; undefined: the usual. */
  readonly ca: string | undefined;
  /** Where that was written, for errors about it. */
  readonly caPlace: string;
  /** The port on which the CA's questions arrive. */
  readonly httpPort: number;
  /** `state_directory`. */
  readonly stateFolder: string;
  /** The folder in it for this CA: its account, and the certificates it has issued. */
  readonly folder: string;
}

/** How TLS is served. The files are read when a plan is made, see master/plan/. */
export interface TlsConfig {
  /** At least one; the first is for clients that ask for no name that another one has. */
  readonly pairs: readonly PairFiles[];
  /** Where the paths were written, for errors about the files. */
  readonly places: TlsPlaces;
  readonly http2: boolean;
  readonly minVersion: TlsVersion;
  /** Left out: the files are somebody else's, and must be there. */
  readonly acme?: AcmeConfig | undefined;
}

/** A user or a group, which may not exist. */
export interface Account {
  /** Its name, or its number. */
  readonly name: string;
  /** Where that was written: `pounce.toml:3:1 user`. */
  readonly place: string;
}

/** How new versions are tried. */
export interface RolloutConfig extends RolloutSettings {
  /** How many generations may drain at the same time. */
  readonly maxDraining: number;
  /** Paths that each new worker is asked for; with their queries. */
  readonly warmup: readonly string[];
  /** What says yes or no to a new version; undefined: nothing. */
  readonly verify: CommandLine | undefined;
}

/** A program and its arguments. */
export interface CommandLine {
  /** Absolute. */
  readonly file: string;
  readonly args: readonly string[];
}

/** Where a server listens, if not on a port. */
export interface UnixSocket {
  /** Absolute, or `@` and an abstract name. */
  readonly path: string;
  /** The permissions of its file. */
  readonly mode: number;
}

/**
 * One configuration. Paths are absolute, and their symlinks and ".." are left in: they are resolved
 * when they are used, so that a link that was moved is followed at the next reload.
 */
export interface Config {
  /** The configuration file; undefined when there is none. */
  readonly file: string | undefined;
  /** APP exactly as given, see `parseAppReference`; undefined: the demo. */
  readonly app: string | undefined;
  /** The folder that a relative module in `app` starts from. */
  readonly appBase: string;
  /** What follows the app's own name in its `process.argv`. */
  readonly appArgs: readonly string[];
  /** The hosts exactly as given, at least one: IP addresses, "localhost", host names. */
  readonly host: readonly string[];
  /** From 0 to 65535; 0: the system chooses. */
  readonly port: number;
  /** The Unix socket to listen on, in place of host and port; undefined: those count. */
  readonly uds: UnixSocket | undefined;
  /** Listens on the sockets that a service manager passes, in place of all of that. */
  readonly socketActivation: boolean;
  /** Only where each worker has listeners of its own. */
  readonly affinity: Affinity;
  /** From 1 to 1024. */
  readonly workers: number;
  /** The folder that workers run in. */
  readonly workingDirectory: string;
  /** Whom workers become; undefined: they stay as the master is. */
  readonly user: Account | undefined;
  /** The group that they change to; undefined: that of the user. */
  readonly group: Account | undefined;
  /** From 100 ms to 24 h, as are the other two timeouts of a process. */
  readonly reloadTimeoutMs: number;
  readonly startupTimeoutMs: number;
  readonly shutdownTimeoutMs: number;
  /** From 0 to 1 h. */
  readonly shutdownDelayMs: number;
  /** From 1 s to 1 h. */
  readonly keepAliveTimeoutMs: number;
  /** 0: no limit. */
  readonly requestTimeoutMs: number;
  readonly limits: LimitSettings;
  /** Matches the path of a request's URL literally; undefined: pounce answers no health check. */
  readonly healthCheckPath: string | undefined;
  readonly pidFile: string | undefined;
  readonly controlSocket: string | undefined;
  readonly log: LogSettings;
  /** Undefined: requests are not logged. */
  readonly accessLog: AccessLogSettings | undefined;
  /**
   * IP addresses and networks whose word about the client is believed, and "unix" for all on a Unix
   * socket. Undefined: nobody's is, and all that is said is passed on to the app.
   */
  readonly trustedProxies: readonly string[] | undefined;
  readonly requestId: boolean;
  /** Whether clients that know it beforehand may speak HTTP/2 without TLS. */
  readonly h2c: boolean;
  /** Undefined: HTTP without TLS. */
  readonly tls: TlsConfig | undefined;
  /** Port undefined: metrics are on the control socket alone. */
  readonly metrics: { readonly port: number | undefined; readonly path: string };
  readonly rollout: RolloutConfig;
  readonly recycle: RecycleSettings;
  readonly respawn: RespawnSettings;
  readonly websocket: WebSocketSettings;
  /** How long a worker may make no progress; 0: any time. */
  readonly hangTimeoutMs: number;
  /** The variable in which each worker finds its slot; undefined: none does. */
  readonly slotVariable: string | undefined;
  /** The files of `env_file`. */
  readonly envFiles: readonly string[];
  /** What workers have in their environment over what they inherit: `env_file`, then `[env]`. */
  readonly workerEnv: Readonly<Record<string, string>>;
}
