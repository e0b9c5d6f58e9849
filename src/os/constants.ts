// Linux's numbers for system calls, the same on x64 and arm64. Layouts of structures and the codes
// of socket filters are next to the code that uses them.

// Families and kinds of sockets.
export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_SEQPACKET = 5;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;

// Options of sockets, by level.
export const SOL_SOCKET = 1;
export const SO_REUSEADDR = 2;
export const SO_KEEPALIVE = 9;
export const SO_REUSEPORT = 15;
export const SO_PEERCRED = 17;
export const SO_ATTACH_FILTER = 26;
export const SO_ACCEPTCONN = 30;
export const SO_COOKIE = 57;
export const SO_ATTACH_REUSEPORT_CBPF = 51;
export const SO_DETACH_REUSEPORT_BPF = 68;
export const IPPROTO_TCP = 6;
export const TCP_KEEPIDLE = 4;
export const TCP_KEEPINTVL = 5;
export const TCP_KEEPCNT = 6;
export const TCP_DEFER_ACCEPT = 9;
export const TCP_INFO = 11;
export const IPPROTO_IPV6 = 41;
export const IPV6_V6ONLY = 26;

// Sending, receiving, and closing one way.
export const MSG_DONTWAIT = 0x40;
export const MSG_NOSIGNAL = 0x4000;
export const MSG_CMSG_CLOEXEC = 0x40000000;
export const SCM_RIGHTS = 1;
export const SHUT_RD = 0;
export const SHUT_WR = 1;
export const SHUT_RDWR = 2;

// What ioctl reports about a socket.
export const FIONREAD = 0x541bn;
export const SIOCOUTQ = 0x5411n;

// Files, pipes and what is waited for.
export const O_CLOEXEC = 0o2000000;
export const O_NONBLOCK = 0o4000;
export const O_PATH = 0o10000000;
export const F_SETFD = 2;
export const FD_CLOEXEC = 1;
export const F_GETFL = 3;
export const F_SETFL = 4;
export const F_DUPFD_CLOEXEC = 1030;
export const LOCK_EX = 2;
export const LOCK_UN = 8;
export const LOCK_NB = 4;
export const POLLIN = 1;
export const POLLOUT = 4;
export const POLLRDHUP = 0x2000;
export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLL_CTL_MOD = 3;
export const EPOLLIN = 1;
export const EPOLLOUT = 4;

// Processes and memory.
export const PR_SET_PDEATHSIG = 1;
export const P_ALL = 0;
export const WNOHANG = 1;
export const WEXITED = 4;
/** `waitid` only looks: a process that has ended can still be waited for. */
export const WNOWAIT = 0x01000000;
export const RLIMIT_NOFILE = 7;
export const MFD_CLOEXEC = 1;
export const MADV_DONTNEED = 4;
export const CLOCK_MONOTONIC = 1;
export const CLOCK_MONOTONIC_COARSE = 6;

// Errors that are not failures.
export const EINTR = 4;
export const ECHILD = 10;
export const EAGAIN = 11;
export const ENOBUFS = 105;
