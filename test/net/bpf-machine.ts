// Runs classic BPF as the kernel does, on a packet that a test has made.
import * as bpf from "../../src/net/bpf.ts";

/** The first packet of a connection, from the IP header on. */
export interface Packet {
  readonly bytes: Uint8Array;
  /** What the kernel's random numbers are, one after another. */
  readonly random?: () => number;
}

/** What the program returns. Throws at a load beyond the packet, where the kernel returns 0. */
export function run(program: readonly bpf.Instruction[], { bytes, random }: Packet): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stored = Array.from({ length: 16 }, () => 0);
  let a = 0;
  let x = 0;
  for (let at = 0; at < program.length; at++) {
    const [code, jt, jf, k] = program[at] as bpf.Instruction;
    if (code === bpf.RETURN) return k;
    if (code === bpf.RETURN_VALUE) return a;
    if (code === bpf.LOAD_WORD && k === bpf.RANDOM) a = (random ?? noRandom)();
    else if (code === bpf.LOAD_WORD) a = view.getUint32(place(k), false);
    else if (code === bpf.LOAD_HALF) a = view.getUint16(place(k), false);
    else if (code === bpf.LOAD_BYTE) a = view.getUint8(place(k));
    else if (code === bpf.LOAD_HALF_AT_X) a = view.getUint16(place(k) + x, false);
    else if (code === bpf.LOAD_STORED) a = stored[k] ?? 0;
    else if (code === bpf.LOAD_STORED_TO_X) x = stored[k] ?? 0;
    else if (code === bpf.STORE) stored[k] = a;
    else if (code === bpf.TO_X) x = a;
    else if (code === bpf.ADD) a = (a + k) >>> 0;
    else if (code === bpf.ADD_X) a = (a + x) >>> 0;
    else if (code === bpf.MULTIPLY) a = Math.imul(a, k) >>> 0;
    else if (code === bpf.AND) a = (a & k) >>> 0;
    else if (code === bpf.XOR_X) a = (a ^ x) >>> 0;
    else if (code === bpf.SHIFT_LEFT) a = (a << k) >>> 0;
    else if (code === bpf.SHIFT_RIGHT) a >>>= k;
    else if (code === bpf.JUMP) at += k;
    else if (code === bpf.JUMP_IF_EQUAL) at += a === k ? jt : jf;
    else if (code === bpf.JUMP_IF_NOT_LESS) at += a >= k ? jt : jf;
    else throw new Error(`unknown instruction ${code}`);
  }
  throw new Error("the program has no end");
}

function place(k: number): number {
  return (k - bpf.NETWORK_HEADER) >>> 0;
}

function noRandom(): number {
  throw new Error("the program asks for a random number");
}
