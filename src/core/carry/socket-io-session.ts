// A session of socket.io on a WebSocket, as far as one has to know it to carry it: what its client
// has said to be let in, and what client and server wait for. Both sides of it are heard here.
//
// A new worker has sessions of its own: its app lets the client in once more, by what the client
// has said the first time. So no answer may be on its way when a session leaves. Numbers of acks
// are of one process: another one would take an answer for its own, or could not give it.
//
// It keeps its state in place: there may be ten thousand, and an event for each message.
import { ENGINE, readOpen, readPacket, withoutRecovery } from "./socket-io-packet.ts";

/** How long nothing has to come from a client: handlers have ended then that nobody waits for. */
export const QUIET_MS = 200;
/** Whoever talks all the time leaves without that, so long after it was asked to leave. */
export const NO_QUIET_AFTER_MS = 1000;
/** A look for whether it can leave, so long after the last one, begins anew. */
const FORGET_ASKED_MS = 5000;
/** What is kept of a session is bounded: one that needs more is not carried. */
const MOST_NAMESPACES = 32;
const MOST_ACKS = 256;
/** The longest that a client may say to be let in, in UTF-16 code units. */
const LONGEST_CONNECT = 8192;

/** What a new owner has to know. */
export interface SocketIoOffer {
  /** By which the client has been let into its namespaces, as it has sent them. */
  readonly connects: readonly string[];
  /** How long the client waits for a ping, in milliseconds; undefined: nobody has heard. */
  readonly patienceMs: number | undefined;
}

interface Namespace {
  readonly connect: string;
  isIn: boolean;
}

export class SocketIoSession {
  readonly #namespaces = new Map<string, Namespace>();
  /** Answers that the client waits for. */
  readonly #ofServer = new Set<string>();
  /** Answers that the server waits for. */
  readonly #ofClient = new Set<string>();
  /** Messages of bytes that are still to come from the client, or from the server. */
  #clientParts = 0;
  #serverParts = 0;
  #awaitsPong = false;
  /** The next pong answers a ping of pounce. */
  #skipsPong = false;
  #patienceMs: number | undefined;
  #isStrange = false;
  /** When the last event came, in milliseconds of any clock. */
  #heardMs = -Infinity;
  #askedMs = -Infinity;
  #lastAskedMs = -Infinity;

  /** Something was said that is not understood, or too much. It is not to be carried, ever. */
  get isStrange(): boolean {
    return this.#isStrange;
  }

  get offer(): SocketIoOffer {
    const namespaces = [...this.#namespaces.values()];
    const connects = namespaces.map(({ connect }) => withoutRecovery(connect));
    return { connects, patienceMs: this.#patienceMs };
  }

  /** Whether it may leave now. It is asked again and again until it may. */
  mayLeave(nowMs: number): boolean {
    if (nowMs - this.#lastAskedMs > FORGET_ASKED_MS) this.#askedMs = nowMs;
    this.#lastAskedMs = nowMs;
    const isQuiet = nowMs - this.#heardMs >= QUIET_MS || nowMs - this.#askedMs >= NO_QUIET_AFTER_MS;
    const namespaces = [...this.#namespaces.values()];
    const isIn = namespaces.length > 0 && namespaces.every((it) => it.isIn);
    const waits = this.#ofServer.size + this.#ofClient.size > 0 || this.#awaitsPong;
    const isWhole = this.#clientParts + this.#serverParts === 0;
    return isQuiet && isIn && isWhole && !waits && !this.#isStrange;
  }

  /** It was over HTTP until now: its client has got the answers that were not heard. */
  upgraded(): void {
    for (const namespace of this.#namespaces.values()) namespace.isIn = true;
  }

  /** It has come from another worker, and its client was sent a ping. */
  arrived({ patienceMs }: SocketIoOffer): void {
    this.#patienceMs = patienceMs;
    this.#awaitsPong = true;
    this.#skipsPong = true;
  }

  /** It is not known what was said before. */
  beStrange(): void {
    this.#isStrange = true;
    this.#namespaces.clear();
    this.#ofServer.clear();
    this.#ofClient.clear();
  }

  /**
   * The client has said something. Returns whether the server is to hear it.
   * @param message undefined: bytes
   */
  heard(message: string | undefined, nowMs: number): boolean {
    if (message === ENGINE.pong) {
      const isOurs = this.#skipsPong;
      this.#awaitsPong = false;
      this.#skipsPong = false;
      return !isOurs;
    }
    if (message === undefined) {
      if (this.#clientParts-- === 0) this.beStrange();
    } else if (message[0] === ENGINE.message) {
      this.#heardPacket(message, nowMs);
    }
    return true;
  }

  #heardPacket(message: string, nowMs: number): void {
    const packet = this.#isStrange ? undefined : readPacket(message);
    if (packet === undefined || this.#clientParts > 0) return this.beStrange();
    const { kind, namespace, ack } = packet;
    switch (kind) {
      case "connect":
        this.#namespaces.set(namespace, { connect: message, isIn: false });
        if (message.length > LONGEST_CONNECT || this.#namespaces.size > MOST_NAMESPACES) {
          this.beStrange();
        }
        break;
      case "disconnect":
        this.#leave(namespace);
        break;
      case "event":
      case "binary-event":
        this.#clientParts = packet.attachments;
        this.#heardMs = nowMs;
        if (ack !== undefined) this.#await(this.#ofServer, ack);
        break;
      case "ack":
      case "binary-ack":
        this.#clientParts = packet.attachments;
        if (ack !== undefined) this.#ofClient.delete(ack);
        break;
      case "connect-error":
        this.beStrange();
        break;
      default:
        kind satisfies never;
    }
  }

  /** The server has said something. @param message undefined: bytes */
  said(message: string | undefined): void {
    if (message === undefined) {
      if (this.#serverParts-- === 0) this.beStrange();
    } else if (message === ENGINE.ping) {
      this.#awaitsPong = true;
    } else if (message[0] === ENGINE.message) {
      this.#saidPacket(message);
    } else if (message[0] === ENGINE.open) {
      const pings = readOpen(message);
      this.#patienceMs ??= pings && pings.intervalMs + pings.timeoutMs;
    }
  }

  #saidPacket(message: string): void {
    const packet = this.#isStrange ? undefined : readPacket(message);
    if (packet === undefined || this.#serverParts > 0) return this.beStrange();
    const { kind, namespace, ack } = packet;
    switch (kind) {
      case "connect": {
        const entered = this.#namespaces.get(namespace);
        if (entered !== undefined) entered.isIn = true;
        break;
      }
      case "disconnect":
      case "connect-error":
        this.#leave(namespace);
        break;
      case "event":
      case "binary-event":
        this.#serverParts = packet.attachments;
        if (ack !== undefined) this.#await(this.#ofClient, ack);
        break;
      case "ack":
      case "binary-ack":
        this.#serverParts = packet.attachments;
        if (ack !== undefined) this.#ofServer.delete(ack);
        break;
      default:
        kind satisfies never;
    }
  }

  #await(acks: Set<string>, ack: string): void {
    acks.add(ack);
    if (acks.size > MOST_ACKS) this.beStrange();
  }

  #leave(namespace: string): void {
    this.#namespaces.delete(namespace);
    for (const acks of [this.#ofServer, this.#ofClient]) {
      for (const ack of acks) if (ack.startsWith(`${namespace},`)) acks.delete(ack);
    }
  }
}
