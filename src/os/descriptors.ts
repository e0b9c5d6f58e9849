// Passing descriptors between processes over a socket pair (SCM_RIGHTS).
//
// The master keeps a duplicate of every listener. So it can steer, read queues and close listeners
// at once and in its own order, whatever state the worker is in.
import { ptr } from "bun:ffi";
import {
  AF_UNIX,
  MSG_CMSG_CLOEXEC,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  SCM_RIGHTS,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_SEQPACKET,
  SOL_SOCKET,
} from "./constants.ts";
import { checked, libc } from "./libc.ts";

/** sizeof(struct cmsghdr), and a control message with one or two descriptors, padded. */
const CONTROL_HEADER = 16;
const CONTROL_SIZE = 24;
/** The most descriptors in one packet. */
const MOST = 2;

/** Two connected Unix sockets of a kind, with its flags. Throws `SystemError`. */
export function socketPair(type: number): readonly [number, number] {
  const ends = new Int32Array(2);
  checked("socketpair", libc().socketpair(AF_UNIX, type, 0, ends));
  return [ends[0] as number, ends[1] as number];
}

/** Two connected sockets: the master's end, and the one a worker inherits. Throws `SystemError`. */
export function descriptorChannel(): readonly [master: number, worker: number] {
  return socketPair(SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC);
}

// Messages point to this memory, so it lives as long as this module. If it were made for each call,
// it could be collected between taking its address and the system call.
const data = new Uint32Array(new ArrayBuffer(4));
const vector = new BigUint64Array(new ArrayBuffer(16));
const control = new DataView(new ArrayBuffer(CONTROL_SIZE));
const controlBytes = new Uint8Array(control.buffer);
const header = new BigUint64Array(new ArrayBuffer(56));

/** What a packet brings. */
export interface Packet {
  readonly tag: number;
  readonly descriptors: readonly number[];
}

/** Fills in a `struct msghdr` with a number and room for descriptors. */
function prepareMessage(tag: number, descriptors: readonly number[]): void {
  data[0] = tag;
  vector[0] = BigInt(ptr(data));
  vector[1] = 4n;
  control.setBigUint64(0, BigInt(CONTROL_HEADER + 4 * descriptors.length), true);
  control.setInt32(8, SOL_SOCKET, true);
  control.setInt32(12, SCM_RIGHTS, true);
  for (const [at, descriptor] of descriptors.entries()) {
    control.setInt32(CONTROL_HEADER + 4 * at, descriptor, true);
  }
  header.set([
    0n,
    0n,
    BigInt(ptr(vector)),
    1n,
    BigInt(ptr(controlBytes)),
    BigInt(CONTROL_SIZE),
    0n,
  ]);
}

/** Sends a number with duplicates of one or two descriptors. Throws `SystemError`. */
export function sendPacket(channel: number, tag: number, descriptors: readonly number[]): void {
  prepareMessage(tag, descriptors);
  checked("sendmsg", libc().sendmsg(channel, header, MSG_NOSIGNAL));
}

/** Takes one packet that has arrived; `undefined` when there is none. */
export function receivePacket(channel: number): Packet | undefined {
  prepareMessage(0, [-1, -1]);
  const received = libc().recvmsg(channel, header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (received <= 0) return undefined;
  const length = Number(control.getBigUint64(0, true));
  const count = Math.min(MOST, Math.max(0, Math.floor((length - CONTROL_HEADER) / 4)));
  const all = Array.from({ length: count }, (_, at) =>
    control.getInt32(CONTROL_HEADER + 4 * at, true),
  );
  return { tag: data[0] ?? 0, descriptors: all.filter((descriptor) => descriptor >= 0) };
}

/** Sends a duplicate of `descriptor` over `channel`. Throws `SystemError`. */
export function sendDescriptor(channel: number, descriptor: number): void {
  sendPacket(channel, 0, [descriptor]);
}

/** Takes one descriptor that has arrived; `undefined` when there is none. */
export function receiveDescriptor(channel: number): number | undefined {
  for (let got = receivePacket(channel); got !== undefined; got = receivePacket(channel)) {
    if (got.tag === 0) return got.descriptors[0];
    // The message that told of it was lost.
    for (const descriptor of got.descriptors) closeDescriptor(descriptor);
  }
  return undefined;
}

export function closeDescriptor(descriptor: number): void {
  libc().close(descriptor);
}
