// What a server and the commands say to each other over the control socket, as plain data. The keys
// are a contract: commands of other versions read them.
import type { AppPlaceFields } from "../core/app-place.ts";
import type { Steering } from "../core/moves/accept-group.ts";
import type { Outcome } from "../core/effects.ts";
import type { ComparisonFields, VerdictFields } from "../core/log-fields.ts";
import type { RoleWord } from "../core/predicates.ts";
import type { Affinity } from "../core/settings.ts";
import type { Phase } from "../core/state.ts";
import type { ForcedRequest as EndedRequest } from "../ipc/messages.ts";

/** How a reload went. It has a `receipt` once the reload has ended. */
export interface ReloadResult extends Partial<AppPlaceFields> {
  readonly generation: number;
  readonly ok: boolean;
  readonly reason: string | null;
  /** Of one that has begun and failed. Older servers leave it out. */
  readonly outcome?: Outcome;
  /** Nobody serves now: why, and what to do. Left out: somebody does, or it is not known. */
  readonly outage?: string;
  /** Why its canary has no verdict. Left out: it has one, there was none, or it is not known. */
  readonly unjudged?: string;
  readonly receipt: Receipt | null;
}

/** How a renewal of certificates went. */
export type TlsReloadResult =
  | {
      readonly ok: true;
      /** Whether there was anything new. */
      readonly changed: boolean;
      /** How many workers serve them. */
      readonly workers: number;
      readonly certificates: readonly CertificateSnapshot[];
    }
  | { readonly ok: false; readonly reason: string };

/** A certificate that is served. */
export interface CertificateSnapshot {
  /** DNS names, then IP addresses. */
  readonly names: readonly string[];
  readonly issuer: string;
  /** `ECDSA P-256`. */
  readonly key_type: string;
  /** RFC 3339. */
  readonly expires: string;
  /** SHA-256, in hexadecimal. */
  readonly fingerprint: string;
}

/** A domain that certificates are ordered for. */
export interface OrderedSnapshot {
  readonly domain: string;
  /** `missing`: there is none yet, or it has expired. */
  readonly state: "ordering" | "missing" | "valid";
  /** When the next order is due; RFC 3339. */
  readonly next: string;
  /** Orders that have failed since the last one that did not. */
  readonly failures: number;
  /** Why the last one has failed; null: it did not. */
  readonly reason: string | null;
}

/** What a server can say about itself at once, without asking its workers. */
export interface ServerCard extends Partial<AppPlaceFields> {
  readonly version: string;
  readonly pid: number;
  /** The start of the process, as process-identity.ts has it; null: unknown. */
  readonly started: string | null;
  /** When the process started, RFC 3339. */
  readonly since: string;
  readonly state: "starting" | "serving" | "stopping";
  readonly app: string;
  /** It is a `pounce dev`. */
  readonly dev: boolean;
  /** The configuration file, absolute; null: none. Undefined: the server is too old to say. */
  readonly config: string | null | undefined;
  readonly control_socket: string;
  /** Such as `127.0.0.1:8000`. Before there is a listener, the addresses that are wanted. */
  readonly addresses: readonly string[];
  /** Whether they are served over TLS. Older servers leave it out: they are not. */
  readonly tls?: boolean;
  /** The serving generation; null: none serves yet. */
  readonly generation: number | null;
  /** The process that the server was handed over to. */
  readonly successor: number | null;
  readonly log: {
    /** Null: stdout and stderr. */
    readonly file: string | null;
    /** The unit whose journal stdout and stderr go to. */
    readonly unit: string | null;
  };
}

/** What a worker reports about itself. */
export interface ReportSnapshot {
  /** Requests that the app was given since the start. */
  readonly requests: number;
  readonly in_flight: number;
  readonly connections: number;
  readonly memory_bytes: number;
}

export interface WorkerSnapshot {
  readonly worker: number;
  readonly slot: number;
  readonly phase: Phase["name"];
  /** It does what is to be done once. Older servers leave it out: nobody does. */
  readonly leader?: boolean;
  readonly pid: number | undefined;
  /** It makes no progress: others get new connections. Older servers leave it out. */
  readonly stalled?: boolean;
  /** Seconds since the worker was spawned. */
  readonly uptime: number;
  /** Seconds until the present phase is ended by force, if it has a deadline. */
  readonly deadline: number | undefined;
  /** `null` when the worker does not answer. */
  readonly report: ReportSnapshot | null;
}

export interface GenerationSnapshot extends Partial<AppPlaceFields> {
  readonly generation: number;
  readonly role: RoleWord;
  readonly workers: readonly WorkerSnapshot[];
  /** How its trial goes; null: it is not on trial. Older servers leave it out. */
  readonly trial?: TrialSnapshot | null;
}

/** A new generation that is compared with the old one. */
export interface TrialSnapshot {
  /** `bake`: it takes all new connections, and the old one stays in standby. */
  readonly stage: "canary" | "bake";
  /** Of new connections, from 0 to 1. */
  readonly share: number;
  /** Seconds until it ends, unless the generation turns out to be bad earlier. */
  readonly remaining: number;
  /** Crashes of its workers, and errors that its app threw outside a request. */
  readonly troubles: number;
  /** Null: nothing has been measured yet. */
  readonly measured: ComparisonFields | null;
}

/** How a reload ended; see src/manual/reloads.md. Times are milliseconds from its start. */
export interface Receipt extends Partial<AppPlaceFields> {
  readonly generation: number;
  readonly outcome: Outcome;
  readonly reason: string | null;
  readonly workers: number;
  readonly spawn_ms: number | null;
  readonly ready_ms: number | null;
  readonly drain_ms: number | null;
  /** For how long nobody took new connections; left out: somebody did. */
  readonly gap_ms?: number;
  readonly judged: boolean;
  /** How the new generation stood its trial; null: there was none. Older servers leave it out. */
  readonly verdict?: VerdictFields | null;
  readonly requests: {
    readonly served_while_draining: number;
    readonly forced: number;
    readonly forced_requests: readonly ForcedRequest[];
  };
  readonly connections: { readonly idle_closed: number; readonly forced: number };
}

/** A request that was ended by force, and the worker that had it. */
export interface ForcedRequest extends EndedRequest {
  readonly worker: number;
}

/** What `status` shows: the state of the server at one moment. */
export interface Snapshot {
  readonly version: string;
  readonly pid: number;
  readonly uptime: number;
  readonly state: "starting" | "serving" | "stopping";
  readonly addresses: readonly string[];
  /** Whether they are served over TLS. Older servers leave it out: they are not. */
  readonly tls?: boolean;
  /** Older servers leave it out. */
  readonly certificates?: readonly CertificateSnapshot[];
  /** Certificates that are ordered from a CA. Older servers leave it out. */
  readonly acme?: readonly OrderedSnapshot[];
  /** `shared`: the kernel refuses it, and workers share one socket for each address. */
  readonly steering: Steering | "shared" | "solo";
  /** Older servers leave it out: none. */
  readonly affinity?: Affinity;
  readonly app: string;
  /** What counts against the crash budget. Older servers leave it out. */
  readonly crashes?: CrashSnapshot;
  readonly generations: readonly GenerationSnapshot[];
  readonly reloads: readonly Receipt[];
  /** What is under way. Older servers leave it out. */
  readonly under_way?: readonly Activity[];
  /** `null`: there was none. Older servers leave it out. */
  readonly last_reload?: LastReload | null;
}

/** The crashes of what serves, within `respawn.window`. */
export interface CrashSnapshot {
  readonly recent: number;
  /** `respawn.max_crashes`. */
  readonly budget: number;
  readonly spent: boolean;
}

/** How the last reload that has ended went; its receipt is the last of `reloads`. */
export interface LastReload {
  readonly generation: number;
  readonly outcome: Receipt["outcome"];
  readonly reason: string | null;
  /** RFC 3339. */
  readonly ended: string;
}

/** One thing that is under way. */
export interface Activity {
  readonly what:
    | "outage"
    | "start"
    | "reload"
    | "scaling"
    | "respawn"
    | "recycle"
    | "drain-command"
    | "handover"
    | "stop";
  /** The same for people. */
  readonly words: string;
}
