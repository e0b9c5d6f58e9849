// Attaches classic BPF programs: the one that steers new connections, and the one that keeps them
// away.
import { ptr } from "bun:ffi";
import { type TcpAddress, encodeAddress } from "./address.ts";
import {
  SOL_SOCKET,
  SO_ATTACH_FILTER,
  SO_ATTACH_REUSEPORT_CBPF,
  SO_DETACH_REUSEPORT_BPF,
} from "../os/constants.ts";
import {
  AND,
  type Instruction,
  IPV4_HEADER,
  IPV4_SOURCE,
  IPV6_HEADER,
  IPV6_SOURCE,
  JUMP_IF_EQUAL,
  LOAD_BYTE,
  LOAD_HALF,
  LOAD_WORD,
  MOST_INSTRUCTIONS,
  NETWORK_HEADER,
  RETURN,
} from "./bpf.ts";
import { type Program, steeringProgram } from "./steering-program.ts";
import { checked, errno, errorName, libc, SystemError } from "../os/libc.ts";

const TCP_FLAGS = 13;
const SYN = 0x02;
const SYN_AND_ACK = 0x12;
const WHOLE_PACKET = 0xffffffff;

/** The filter that drops the first packet of every new handshake and lets everything else pass. */
const DROP_NEW_HANDSHAKES: readonly Instruction[] = [
  [LOAD_BYTE, 0, 0, TCP_FLAGS],
  [AND, 0, 0, SYN_AND_ACK],
  [JUMP_IF_EQUAL, 0, 1, SYN],
  [RETURN, 0, 0, 0],
  [RETURN, 0, 0, WHOLE_PACKET],
];

// The kernel reads this memory, so it lives as long as this module. If it were made for each call,
// it could be collected between taking its address and the system call.
const code = new DataView(new ArrayBuffer(MOST_INSTRUCTIONS * 8));
const codeBytes = new Uint8Array(code.buffer);
const header = new BigUint64Array(new ArrayBuffer(16));

function encode(program: readonly Instruction[]): void {
  program.forEach(([operation, jt, jf, k], index) => {
    code.setUint16(index * 8, operation, true);
    code.setUint8(index * 8 + 2, jt);
    code.setUint8(index * 8 + 3, jf);
    code.setUint32(index * 8 + 4, k, true);
  });
}

function attach(fd: number, option: number, program: readonly Instruction[]): void {
  // As the kernel says it.
  if (program.length > MOST_INSTRUCTIONS) throw new SystemError("setsockopt", "EINVAL");
  encode(program);
  header[0] = BigInt(program.length);
  header[1] = BigInt(ptr(codeBytes));
  checked("setsockopt", libc().setsockopt(fd, SOL_SOCKET, option, header, 16));
}

/**
 * Steers new connections to the listeners that `program` names, in the accept group that `fd`
 * belongs to. With `undefined` the kernel chooses again, by a hash over all listeners. Throws
 * `SystemError` where that is forbidden or unknown.
 */
export function steer(fd: number, program: Program | undefined): void {
  if (program !== undefined) {
    attach(fd, SO_ATTACH_REUSEPORT_CBPF, steeringProgram(program));
    return;
  }
  const none = new Int32Array(1);
  const result = libc().setsockopt(fd, SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, none, 4);
  if (result === 0) return;
  const name = errorName(errno());
  // ENOENT: none was attached.
  if (name !== "ENOENT") throw new SystemError("setsockopt", name);
}

/** A client, by its own address, and the index of the listener that its connections go to. */
interface ClientRule {
  readonly client: TcpAddress;
  readonly index: number;
}

/** Like `steer`, with an exception for one client of ours. Throws `SystemError`. */
export function steerClient(fd: number, rule: ClientRule, others: readonly number[]): void {
  attach(fd, SO_ATTACH_REUSEPORT_CBPF, [...clientProgram(rule), ...steeringProgram(others)]);
}

/** Another client may have the same port, so both address and port are compared. */
function clientProgram({ client, index }: ClientRule): Instruction[] {
  const isV6 = client.host.includes(":");
  const address = new DataView(encodeAddress(client).buffer);
  const words = Array.from({ length: isV6 ? 4 : 1 }, (_, word) => ({
    at: (isV6 ? IPV6_SOURCE : IPV4_SOURCE) + word * 4,
    value: address.getUint32((isV6 ? 8 : 4) + word * 4, false),
  }));
  const program: Instruction[] = [
    [LOAD_HALF, 0, 0, NETWORK_HEADER + (isV6 ? IPV6_HEADER : IPV4_HEADER)],
    [JUMP_IF_EQUAL, 0, 2 * words.length + 1, client.port],
  ];
  words.forEach(({ at, value }, word) => {
    const toTheOthers = 2 * (words.length - word) - 1;
    program.push([LOAD_WORD, 0, 0, NETWORK_HEADER + at], [JUMP_IF_EQUAL, 0, toTheOthers, value]);
  });
  program.push([RETURN, 0, 0, index]);
  return program;
}

/**
 * Makes a listener drop new handshakes; clients try again, or find it closed. Throws `SystemError`.
 */
export function dropNewHandshakes(listener: number): void {
  attach(listener, SO_ATTACH_FILTER, DROP_NEW_HANDSHAKES);
}
