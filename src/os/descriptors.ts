// Passing descriptors from a worker to the master over a socket pair (SCM_RIGHTS).
//
// The master keeps a duplicate of every listener. So it can steer, read queues and close listeners
// at once and in its own order, whatever state the worker is in.
import { ptr } from "bun:ffi";
import {
  AF_UNIX,
  MSG_CMSG_CLOEXEC,
  MSG_DONTWAIT,
  SCM_RIGHTS,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_SEQPACKET,
  SOL_SOCKET,
} from "./constants.ts";
import { checked, libc } from "./libc.ts";

/** sizeof(struct cmsghdr), and a control message with one descriptor, padded. */
const CONTROL_HEADER = 16;
const CONTROL_SIZE = 24;

/** Two connected sockets: the master's end, and the one a worker inherits. Throws `SystemError`. */
export function descriptorChannel(): readonly [master: number, worker: number] {
  const ends = new Int32Array(2);
  const type = SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC;
  checked("socketpair", libc().socketpair(AF_UNIX, type, 0, ends));
  return [ends[0] as number, ends[1] as number];
}

// Messages point to this memory, so it lives as long as this module. If it were made for each call,
// it could be collected between taking its address and the system call.
const data = new Uint8Array(new ArrayBuffer(1));
const vector = new BigUint64Array(new ArrayBuffer(16));
const control = new DataView(new ArrayBuffer(CONTROL_SIZE));
const controlBytes = new Uint8Array(control.buffer);
const header = new BigUint64Array(new ArrayBuffer(56));

/** Fills in a `struct msghdr` with one byte of data and room for one descriptor. */
function prepareMessage(descriptor: number): void {
  vector[0] = BigInt(ptr(data));
  vector[1] = 1n;
  control.setBigUint64(0, BigInt(CONTROL_HEADER + 4), true);
  control.setInt32(8, SOL_SOCKET, true);
  control.setInt32(12, SCM_RIGHTS, true);
  control.setInt32(CONTROL_HEADER, descriptor, true);
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

/** Sends a duplicate of `descriptor` over `channel`. Throws `SystemError`. */
export function sendDescriptor(channel: number, descriptor: number): void {
  prepareMessage(descriptor);
  checked("sendmsg", libc().sendmsg(channel, header, 0));
}

/** Takes one descriptor that has arrived; `undefined` when there is none. */
export function receiveDescriptor(channel: number): number | undefined {
  prepareMessage(-1);
  const received = libc().recvmsg(channel, header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (received <= 0) return undefined;
  const descriptor = control.getInt32(CONTROL_HEADER, true);
  return descriptor < 0 ? undefined : descriptor;
}

export function closeDescriptor(descriptor: number): void {
  libc().close(descriptor);
}
