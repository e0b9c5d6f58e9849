// Runs a command in which setsockopt(SO_ATTACH_REUSEPORT_CBPF) fails with EPERM, as in a sandbox:
// without it connections cannot be steered, and workers must share one listening socket.
//   bun forbid-steering.ts COMMAND [ARGUMENTS]
//
// With --filters before the command, setsockopt(SO_ATTACH_FILTER) fails instead, as newer kernels
// make it fail for everybody but root: then a listener cannot drop new handshakes. The filter is
// installed in this thread and survives execve, which ends all other threads.
import { dlopen, FFIType, ptr } from "bun:ffi";

const PR_SET_SECCOMP = 22;
const PR_SET_NO_NEW_PRIVS = 38;
const SECCOMP_MODE_FILTER = 2;
const SECCOMP_RET_ALLOW = 0x7fff0000;
const SECCOMP_RET_ERRNO_EPERM = 0x00050001;
const SOL_SOCKET = 1;
const SO_ATTACH_FILTER = 26;
const SO_ATTACH_REUSEPORT_CBPF = 51;

/** Per architecture: its AUDIT_ARCH constant and the number of setsockopt. */
const SETSOCKOPT: Partial<Record<NodeJS.Architecture, { audit: number; call: number }>> = {
  x64: { audit: 0xc000003e, call: 54 },
  arm64: { audit: 0xc00000b7, call: 208 },
};

/** Offsets into struct seccomp_data; arguments are 64 bits wide, the low half comes first. */
const CALL = 0;
const ARCHITECTURE = 4;
const LEVEL = 24;
const OPTION = 32;

/** Opcodes of classic BPF: load a word, jump if equal, return. */
const LOAD = 0x20;
const JUMP_IF_EQUAL = 0x15;
const RETURN = 0x06;

type Instruction = [code: number, ifTrue: number, ifFalse: number, value: number];

const int64 = FFIType.i64_fast;
const libc = dlopen("libc.so.6", {
  prctl: { args: [FFIType.i32, int64, int64, int64, int64], returns: FFIType.i32 },
  execve: { args: [FFIType.cstring, FFIType.ptr, FFIType.ptr], returns: FFIType.i32 },
});

const given = process.argv.slice(2);
const forbidden = given[0] === "--filters" ? SO_ATTACH_FILTER : SO_ATTACH_REUSEPORT_CBPF;
const [command, ...rest] = given[0] === "--filters" ? given.slice(1) : given;
if (command === undefined) throw new Error("usage: forbid-steering.ts COMMAND [ARGUMENTS]");
forbid(forbidden);
execute(command, [command, ...rest]);

function forbid(option: number): void {
  const architecture = SETSOCKOPT[process.arch];
  if (architecture === undefined) throw new Error(`no system call numbers for ${process.arch}`);
  const filter = assemble([
    [LOAD, 0, 0, ARCHITECTURE],
    [JUMP_IF_EQUAL, 0, 6, architecture.audit],
    [LOAD, 0, 0, CALL],
    [JUMP_IF_EQUAL, 0, 4, architecture.call],
    [LOAD, 0, 0, LEVEL],
    [JUMP_IF_EQUAL, 0, 2, SOL_SOCKET],
    [LOAD, 0, 0, OPTION],
    [JUMP_IF_EQUAL, 1, 0, option],
    [RETURN, 0, 0, SECCOMP_RET_ALLOW],
    [RETURN, 0, 0, SECCOMP_RET_ERRNO_EPERM],
  ]);
  const program = Buffer.alloc(16);
  program.writeUInt16LE(filter.length / 8, 0);
  program.writeBigUInt64LE(BigInt(ptr(filter)), 8);
  mustSucceed(libc.symbols.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "PR_SET_NO_NEW_PRIVS");
  const installed = libc.symbols.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ptr(program), 0, 0);
  mustSucceed(installed, "PR_SET_SECCOMP");
}

function execute(path: string, argv: string[]): void {
  const environment = Object.entries(process.env).map(([name, value]) => `${name}=${value}`);
  const args = stringArray(argv);
  const env = stringArray(environment);
  libc.symbols.execve(Buffer.from(`${path}\0`), args.pointers, env.pointers);
  throw new Error(`cannot run ${path}`);
}

/** A NULL-terminated array of C strings. `keep` holds what the pointers point to. */
function stringArray(strings: string[]): { pointers: BigUint64Array; keep: Buffer[] } {
  const keep = strings.map((text) => Buffer.from(`${text}\0`));
  const pointers = new BigUint64Array(strings.length + 1);
  for (const [index, bytes] of keep.entries()) pointers[index] = BigInt(ptr(bytes));
  return { pointers, keep };
}

function assemble(instructions: Instruction[]): Buffer {
  const bytes = Buffer.alloc(instructions.length * 8);
  for (const [index, [code, ifTrue, ifFalse, value]] of instructions.entries()) {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(ifTrue, index * 8 + 2);
    bytes.writeUInt8(ifFalse, index * 8 + 3);
    bytes.writeUInt32LE(value, index * 8 + 4);
  }
  return bytes;
}

function mustSucceed(result: number, what: string): void {
  if (result !== 0) throw new Error(`${what} failed`);
}
