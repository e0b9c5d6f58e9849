// What the kernel knows about one TCP socket (struct tcp_info of linux/tcp.h).
import { IPPROTO_TCP, TCP_INFO } from "../os/constants.ts";
import { libc } from "../os/libc.ts";

const ESTABLISHED = 1;
const CLOSED = 7;
const LISTENING = 10;
const SIZE = 160;
const UNACKED = 24;
const LAST_DATA_SENT = 44;
const LAST_DATA_RECEIVED = 52;
const BYTES_ACKNOWLEDGED = 120;
const BYTES_RECEIVED = 128;
const DATA_SEGMENTS_SENT = 156;

const buffer = new DataView(new ArrayBuffer(SIZE));
const bytes = new Uint8Array(buffer.buffer);
const length = new Uint32Array(1);

function read(fd: number): boolean {
  length[0] = SIZE;
  return libc().getsockopt(fd, IPPROTO_TCP, TCP_INFO, bytes, length) === 0;
}

/**
 * Connections that have completed their handshake and wait in a listener's accept queue. The field
 * holds unacknowledged segments for a connection, and this number for a listener.
 */
export function acceptQueueLength(listener: number): number {
  return read(listener) ? buffer.getUint32(UNACKED, true) : 0;
}

/** Whether the descriptor is a TCP socket that does not listen. */
export function isTcpConnection(fd: number): boolean {
  return read(fd) && buffer.getUint8(0) !== LISTENING;
}

/** Whether a connection is over on both sides, which a reset does at once. */
export function isClosedTcp(connection: number): boolean {
  return read(connection) && buffer.getUint8(0) === CLOSED;
}

/** How much the other end of a connection has acknowledged so far; 0 before Linux 4.1. */
export function acknowledgedBytes(connection: number): bigint {
  return read(connection) ? buffer.getBigUint64(BYTES_ACKNOWLEDGED, true) : 0n;
}

/** What has been sent over a connection, and how many milliseconds ago that last happened. */
export interface Traffic {
  /** Whether the client has ever sent anything. */
  readonly hasReceived: boolean;
  /** How many bytes the client has sent. */
  readonly received: number;
  /** Whether anything has ever been sent to the client. */
  readonly hasSent: boolean;
  readonly sinceSentMs: number;
  readonly sinceReceivedMs: number;
  /** How many segments with data have been sent, as far as the kernel counts them. */
  readonly sentSegments: number;
}

/** The traffic of an established connection; `undefined` for anything else. */
export function trafficOf(connection: number): Traffic | undefined {
  if (!read(connection) || buffer.getUint8(0) !== ESTABLISHED) return undefined;
  // Not as a BigInt, which would be made anew for each.
  const received =
    buffer.getUint32(BYTES_RECEIVED, true) + buffer.getUint32(BYTES_RECEIVED + 4, true) * 2 ** 32;
  const sentSegments = buffer.getUint32(DATA_SEGMENTS_SENT, true);
  return {
    hasReceived: received > 0,
    received,
    sentSegments,
    // Kernels before Linux 4.6 do not count them.
    hasSent: length[0] !== SIZE || sentSegments > 0,
    sinceSentMs: buffer.getUint32(LAST_DATA_SENT, true),
    sinceReceivedMs: buffer.getUint32(LAST_DATA_RECEIVED, true),
  };
}
