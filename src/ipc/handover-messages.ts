// What a predecessor and its successor say to each other over Bun's IPC (JSON, ordered), and the
// check that a message is one of these. The two may be different builds, so each says which
// protocols it speaks (core/handover-protocol.ts), and a message may have fields that this build
// does not know.
import type { Inventory, Leadership } from "../core/inventory.ts";
import {
  type Checks,
  type Fields,
  isCount,
  isListOf,
  isRecord,
  isText,
  readMessage,
} from "./checks.ts";
import type { FromWorker, ToWorker } from "./messages.ts";
import { readFromWorker, readToWorker } from "./read-message.ts";

export interface Offer {
  readonly type: "offer";
  readonly protocol: number;
  /** The inventory; so named on the wire since protocol 1. */
  readonly estate: Inventory;
  /** The process of each worker of the inventory. */
  readonly pids: readonly { readonly worker: number; readonly pid: number }[];
  /** The port that port 0 stands for; `null` where the port was given. */
  readonly port: number | null;
  /** Addresses whose sockets were passed to the predecessor. Left out: none. */
  readonly inherited?: readonly string[];
  /** Addresses whose workers share a socket of the predecessor's own. Left out: Unix sockets. */
  readonly own?: readonly string[];
  /** Other addresses that the predecessor listens on until the grant. */
  readonly held: readonly string[];
  /** The user of its workers; 0.1.0 leaves it out: its own. */
  readonly uid?: number | undefined;
}

export type FromPredecessor =
  | Offer
  /**
   * The server is yours. `ended`: workers that exited since the offer. `full`: those that have no
   * room for more connections; `stalled`: those that do not get on; left out: none. `reload`: who
   * has asked for a reload since then.
   * `leadership`: left out: there never was a leader.
   * `counted`: for the metrics; checked where it is read, see metrics/counted.ts.
   */
  | {
      readonly type: "granted";
      readonly ended: readonly number[];
      readonly full?: readonly number[];
      readonly stalled?: readonly number[];
      readonly reload: string | null;
      readonly leadership?: Leadership;
      readonly counted?: unknown;
    }
  | { readonly type: "from-worker"; readonly worker: number; readonly message: FromWorker }
  /** `counted`: since the last time. */
  | {
      readonly type: "worker-exited";
      readonly worker: number;
      readonly how: string;
      readonly counted?: unknown;
    };

export type FromSuccessor =
  | { readonly type: "hello"; readonly protocols: readonly number[] }
  /** It cannot start and will exit; `reason` says why. */
  | { readonly type: "failed"; readonly reason: string }
  /** This worker number is now in use. */
  | { readonly type: "spawned"; readonly worker: number }
  /** All its workers are ready. */
  | { readonly type: "claim" }
  | { readonly type: "to-worker"; readonly worker: number; readonly message: ToWorker };

const FROM_PREDECESSOR: Checks<FromPredecessor["type"]> = {
  offer: (m) =>
    isCount(m["protocol"]) &&
    isInventory(m["estate"]) &&
    isListOf(m["pids"], (e) => isRecord(e) && isCount(e["worker"]) && isCount(e["pid"])) &&
    (m["port"] === null || isCount(m["port"])) &&
    (m["inherited"] === undefined || isListOf(m["inherited"], isText)) &&
    (m["own"] === undefined || isListOf(m["own"], isText)) &&
    isListOf(m["held"], isText) &&
    (m["uid"] === undefined || isCount(m["uid"])),
  granted: (m) =>
    isListOf(m["ended"], isCount) &&
    (m["full"] === undefined || isListOf(m["full"], isCount)) &&
    (m["stalled"] === undefined || isListOf(m["stalled"], isCount)) &&
    (m["leadership"] === undefined || isLeadership(m["leadership"])) &&
    (m["reload"] === null || isText(m["reload"])),
  "from-worker": (m) => isCount(m["worker"]) && readFromWorker(m["message"]) !== undefined,
  "worker-exited": (m) => isCount(m["worker"]) && isText(m["how"]),
};

const FROM_SUCCESSOR: Checks<FromSuccessor["type"]> = {
  hello: (m) => isListOf(m["protocols"], isCount),
  failed: (m) => isText(m["reason"]),
  spawned: (m) => isCount(m["worker"]),
  claim: () => true,
  "to-worker": (m) => isCount(m["worker"]) && readToWorker(m["message"]) !== undefined,
};

function isLeadership(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { leader, silent } = value;
  return (leader === undefined || isCount(leader)) && isListOf(silent, isCount);
}

function isInventory(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { workers, groups, steering } = value;
  const isMember = (id: unknown): boolean =>
    (workers as readonly Fields[]).some(({ worker }) => worker === id);
  return (
    ["generation", "nextGeneration", "nextWorker"].every((name) => isCount(value[name])) &&
    (steering === "kernel" || steering === "refused") &&
    isListOf(workers, (w) => isRecord(w) && isCount(w["worker"]) && isCount(w["slot"])) &&
    isListOf(groups, (g) => isRecord(g) && isText(g["address"]) && isListOf(g["members"], isMember))
  );
}

/** The message, or `undefined` when it is not one that a predecessor sends. */
export function readFromPredecessor(value: unknown): FromPredecessor | undefined {
  return readMessage<FromPredecessor>(value, FROM_PREDECESSOR);
}

/** The message, or `undefined` when it is not one that a successor sends. */
export function readFromSuccessor(value: unknown): FromSuccessor | undefined {
  return readMessage<FromSuccessor>(value, FROM_SUCCESSOR);
}
