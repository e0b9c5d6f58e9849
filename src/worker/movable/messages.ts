// What two workers tell each other about WebSockets that move. A connection's descriptor is sent
// before the `offer` that speaks of it.
import type { SocketIoOffer } from "../../core/carry/socket-io-session.ts";

/** How far what is published had come to a worker, and when, by `Date.now()`. */
interface PublishedSoFar {
  /** The number of the latest of each worker, see ../publish/history.ts. */
  readonly latest: Readonly<Record<string, number>>;
  readonly atMs: number;
}

/** A WebSocket is offered. The body of the message is a copy of its `data`, see clone.ts. */
export interface OfferHeader {
  readonly id: number;
  /** The number of its descriptor, see `Link.sendDescriptor`. */
  readonly descriptor: number;
  /** See handshake-request.ts. */
  readonly handshake: string;
  readonly protocol: string;
  readonly topics: readonly string[];
  /** How far what is published had come when it left, see ../publish/history.ts. */
  readonly published: PublishedSoFar | undefined;
  readonly binaryType: string | undefined;
  /** It had just come when its worker had to be replaced, see suspects.ts. Left out: no. */
  readonly suspected?: true;
  /** Left out: it is not of socket.io. */
  readonly socketIo?: SocketIoOffer;
}

/** It is served by the receiver of the offer, and by nobody else. */
export interface TakenHeader {
  readonly id: number;
}

export interface RefusedHeader {
  readonly id: number;
  /** In words. */
  readonly why: string;
}

/** The old code calls a method of a WebSocket that has moved. The body is the data, if any. */
export interface CallHeader {
  readonly id: number;
  readonly method: CalledLater;
  /** The arguments, with `null` in place of the data. */
  readonly args: readonly (string | number | boolean | null)[];
  /** What the data was; left out: there is none. */
  readonly data?: "text" | "bytes";
}

export const CALLED_LATER = [
  "send",
  "sendText",
  "sendBinary",
  "ping",
  "pong",
  "publish",
  "publishText",
  "publishBinary",
  "subscribe",
  "unsubscribe",
  "close",
  "terminate",
] as const;

export type CalledLater = (typeof CALLED_LATER)[number];
