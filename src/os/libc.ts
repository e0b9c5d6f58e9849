// The C library through bun:ffi: every system call that Bun has no interface for, declared once.
//
// Pass typed arrays themselves as pointers, or call `ptr` again for each call: a pointer kept
// across calls reads stale memory once the code is hot.
import { dlopen, type FFIFunction, read } from "bun:ffi";
import { platform } from "../platform.ts";

const SYMBOLS = {
  __errno_location: { args: [], returns: "ptr" },
  bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
  clock_gettime: { args: ["i32", "ptr"], returns: "i32" },
  close: { args: ["i32"], returns: "i32" },
  connect: { args: ["i32", "ptr", "u32"], returns: "i32" },
  dlsym: { args: ["ptr", "ptr"], returns: "ptr" },
  dup3: { args: ["i32", "i32", "i32"], returns: "i32" },
  getpeername: { args: ["i32", "ptr", "ptr"], returns: "i32" },
  epoll_ctl: { args: ["i32", "i32", "i32", "ptr"], returns: "i32" },
  execv: { args: ["ptr", "ptr"], returns: "i32" },
  fcntl: { args: ["i32", "i32", "i32"], returns: "i32" },
  flock: { args: ["i32", "i32"], returns: "i32" },
  getpagesize: { args: [], returns: "i32" },
  getppid: { args: [], returns: "i32" },
  getrlimit: { args: ["i32", "ptr"], returns: "i32" },
  getsockname: { args: ["i32", "ptr", "ptr"], returns: "i32" },
  getsockopt: { args: ["i32", "i32", "i32", "ptr", "ptr"], returns: "i32" },
  ioctl: { args: ["i32", "u64", "ptr"], returns: "i32" },
  lseek: { args: ["i32", "i64", "i32"], returns: "i64" },
  listen: { args: ["i32", "i32"], returns: "i32" },
  alarm: { args: ["u32"], returns: "u32" },
  memfd_create: { args: ["ptr", "u32"], returns: "i32" },
  madvise: { args: ["u64", "u64", "i32"], returns: "i32" },
  pipe2: { args: ["ptr", "i32"], returns: "i32" },
  poll: { args: ["ptr", "u64", "i32"], returns: "i32" },
  prctl: { args: ["i32", "u64", "u64", "u64", "u64"], returns: "i32" },
  recv: { args: ["i32", "ptr", "u64", "i32"], returns: "i64" },
  recvmsg: { args: ["i32", "ptr", "i32"], returns: "i64" },
  sendmsg: { args: ["i32", "ptr", "i32"], returns: "i64" },
  send: { args: ["i32", "ptr", "u64", "i32"], returns: "i64" },
  sendto: { args: ["i32", "ptr", "u64", "i32", "ptr", "u32"], returns: "i64" },
  setenv: { args: ["ptr", "ptr", "i32"], returns: "i32" },
  setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
  shutdown: { args: ["i32", "i32"], returns: "i32" },
  signal: { args: ["i32", "ptr"], returns: "ptr" },
  socket: { args: ["i32", "i32", "i32"], returns: "i32" },
  socketpair: { args: ["i32", "i32", "i32", "ptr"], returns: "i32" },
  syscall: { args: ["i64", "i64", "ptr", "i64"], returns: "i64" },
  unsetenv: { args: ["ptr"], returns: "i32" },
  waitid: { args: ["i32", "u32", "ptr", "i32"], returns: "i32" },
  waitpid: { args: ["i32", "ptr", "i32"], returns: "i32" },
} as const;

/**
 * Names of the C library: glibc; libdl of glibc before 2.34, which has dlsym, and through which all
 * else is found; and musl on each processor that there is a binary for.
 */
const LIBRARIES = ["libc.so.6", "libdl.so.2", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1"];

const NO_JIT =
  "pounce makes system calls through Bun's JIT, which is off here: it needs executable memory " +
  "(ulimit -v, MemoryDenyWriteExecute= and BUN_JSC_useJIT=0 prevent that)";

type Functions = Readonly<Record<string, FFIFunction>>;
type Opened<S extends Functions> = ReturnType<typeof dlopen<S>>["symbols"];
type Libc = Opened<typeof SYMBOLS>;

/** Functions of the C library that few processes need, which declare them beside their use. */
export function openLibc<S extends Functions>(symbols: S): Opened<S> {
  if (platform !== "linux") throw new Error("a system call of Linux, and this is another");
  const failures: string[] = [];
  for (const library of LIBRARIES) {
    try {
      return dlopen(library, symbols).symbols;
    } catch (error) {
      failures.push(String(error));
    }
  }
  if (failures.some((failure) => failure.includes("requires the JIT"))) {
    throw Object.assign(new Error(NO_JIT), { code: "EJIT" });
  }
  throw new Error(`no C library could be opened: ${failures.join("; ")}`);
}

let opened: Libc | undefined;

/**
 * The functions of the C library, opened at the first use. Throws unless this is Linux, whose
 * numbers and structures these are: code that may run elsewhere asks `here.hasLibc` first.
 */
export function libc(): Libc {
  opened ??= openLibc(SYMBOLS);
  return opened;
}

/** The error number of the last call that failed on this thread. Read it before any other call. */
export function errno(): number {
  const location = libc().__errno_location();
  return location === null ? 0 : read.i32(location, 0);
}

const NAMES: Readonly<Record<number, string>> = {
  1: "EPERM",
  2: "ENOENT",
  4: "EINTR",
  5: "EIO",
  8: "ENOEXEC",
  11: "EAGAIN",
  12: "ENOMEM",
  13: "EACCES",
  20: "ENOTDIR",
  22: "EINVAL",
  23: "ENFILE",
  24: "EMFILE",
  28: "ENOSPC",
  30: "EROFS",
  32: "EPIPE",
  38: "ENOSYS",
  40: "ELOOP",
  91: "EPROTOTYPE",
  92: "ENOPROTOOPT",
  95: "EOPNOTSUPP",
  97: "EAFNOSUPPORT",
  98: "EADDRINUSE",
  99: "EADDRNOTAVAIL",
  104: "ECONNRESET",
  105: "ENOBUFS",
  107: "ENOTCONN",
  109: "ETOOMANYREFS",
  111: "ECONNREFUSED",
};

/** `EPERM` and the like, or the number if its name is not known here. */
export function errorName(code: number): string {
  return NAMES[code] ?? `errno ${code}`;
}

/** A system call that failed. */
export class SystemError extends Error {
  constructor(
    readonly call: string,
    readonly code: string,
  ) {
    super(`${call}: ${code}`);
  }
}

/** Returns `result`, or throws a `SystemError` for the named call when it is negative. */
export function checked(call: string, result: number | bigint): number {
  if (result < 0) throw new SystemError(call, errorName(errno()));
  return Number(result);
}
