// What a program opens besides its HTTP servers: TCP and Unix sockets with `Bun.listen`, which
// node:net, node:tls and node:http2 call as well, and UDP sockets with `Bun.udpSocket`, which
// node:dgram calls.
//
// pounce neither steers nor drains these. But each worker opens them, and so do those of a new
// version while the old ones still have them. So a port is opened to be shared (SO_REUSEPORT), by
// which the kernel divides what comes to it. A path can only be had by one process.
import type { TcpAddress } from "../../net/address.ts";
import { here } from "../../platform.ts";

type Kind = "Bun.listen" | "node:net" | "node:tls" | "node:http2" | "Bun.udpSocket" | "node:dgram";

/** A socket that the program has opened itself, and where. */
export interface OwnListener {
  readonly kind: Kind;
  /** Undefined: it is at `path`. */
  readonly port: number | undefined;
  readonly path: string | undefined;
}

/** Its name, in words. */
export function nameOf(listener: OwnListener): string {
  const { path, port } = listener;
  if (path !== undefined) return `the Unix socket ${path.replaceAll("\0", "@")}`;
  return `${isUdp(listener) ? "UDP port" : "port"} ${port}`;
}

export function isUdp({ kind }: OwnListener): boolean {
  return kind === "node:dgram" || kind === "Bun.udpSocket";
}

type Options = Readonly<Record<string, unknown>>;

/** A listener of Bun, or a UDP socket; the descriptor is -1 when it is closed. */
interface Handle {
  readonly fd: number;
  readonly port?: number;
  unref(): void;
}

interface Opened extends OwnListener {
  readonly handle: Handle;
  /** The server of node:net that it belongs to, if any. */
  readonly server?: unknown;
}

/** Has the system share the port, where Bun passes the flags of libuv on. */
const REUSE_PORT = 4;
const REUSE_ADDRESS = 16;

let lastStandIn = 0;

export class OwnListeners {
  readonly #opened: Opened[] = [];
  readonly #ports: readonly number[];
  #isLoaded = false;
  readonly #listen = Bun.listen as unknown as (options: Options) => Handle;
  readonly #openUdp = Bun.udpSocket as unknown as (options: Options) => Promise<Handle>;

  /** Replaces `Bun.listen` and `Bun.udpSocket` from now on. @param ours where pounce listens */
  constructor(ours: readonly TcpAddress[]) {
    this.#ports = ours.map(({ port }) => port).filter((port) => port !== 0);
    Reflect.set(Bun, "listen", (options: Options) => this.#open(options));
    Reflect.set(Bun, "udpSocket", (options: Options = {}) => this.#bind(options));
  }

  /** Those that the program has opened while it was loading, as far as they are open. */
  get open(): OwnListener[] {
    return this.#opened.filter(({ handle }) => handle.fd !== -1);
  }

  /** From now on what the program opens on a port of ours is refused, as in use. */
  end(): void {
    this.#isLoaded = true;
  }

  /** Whether one of them belongs to this server. */
  isOf(server: unknown): boolean {
    return this.#opened.some((opened) => opened.server !== undefined && opened.server === server);
  }

  #open(options: Options): Handle {
    const kind = kindOf(options);
    const { unix, data: server } = options;
    if (typeof unix === "string") {
      const handle = this.#listen(options);
      return this.#note({ kind, port: undefined, path: unix, handle, server });
    }
    if (typeof options["fd"] === "number") return this.#listen(options);
    const port = Number(options["port"]);
    const handle = this.#ports.includes(port)
      ? this.#openOurs(options, port)
      : this.#listen({ ...options, reusePort: true, exclusive: false });
    return this.#note({ kind, port: handle.port ?? port, path: undefined, handle, server });
  }

  #note(opened: Opened): Handle {
    if (!this.#isLoaded) this.#opened.push(opened);
    // A program of which nothing else is left serves nothing, and has come to its end: see
    // ../app/alive.ts.
    opened.handle.unref();
    return opened.handle;
  }

  /**
   * A port of ours is never opened: some connections that are meant for pounce would come to it.
   * While a program loads, it may try whether the port is free. So it gets one where nobody comes.
   */
  #openOurs(options: Options, port: number): Handle {
    if (this.#isLoaded) return this.#listen({ ...options, reusePort: false, exclusive: true });
    const { hostname, port: _, ...rest } = options;
    const unix = `\0pounce-listener-${process.pid}-${lastStandIn++}`;
    const at = here.hasAbstractSockets ? { unix } : { hostname: "127.0.0.1", port: 0 };
    const handle = this.#listen({ ...rest, ...at });
    const family = String(hostname).includes(":") ? "IPv6" : "IPv4";
    const address = { address: hostname, family, port };
    const getsockname = (out: object): number => {
      Object.assign(out, address);
      return 0;
    };
    for (const [name, value] of Object.entries({ hostname, port, unix: undefined, getsockname })) {
      Object.defineProperty(handle, name, { configurable: true, value });
    }
    return handle;
  }

  async #bind(options: Options): Promise<Handle> {
    const port = Number(options["port"] ?? 0);
    // Any free port is a client's.
    if (port === 0) return this.#openUdp(options);
    const kind = "flags" in options ? "node:dgram" : "Bun.udpSocket";
    const flags = Number(options["flags"] ?? 0);
    // A program that asks for REUSE_ADDRESS means several processes already, as for multicast.
    const shared = (flags & REUSE_ADDRESS) === 0 ? flags | REUSE_PORT : flags;
    const handle = await this.#openUdp({ ...options, flags: shared });
    return this.#note({ kind, port, path: undefined, handle });
  }
}

/** Who calls `Bun.listen`: node:net passes its server on, and an option that only it has. */
function kindOf(options: Options): Kind {
  if (!("pauseOnConnect" in options)) return "Bun.listen";
  if (isHttp2(options["data"])) return "node:http2";
  const { tls } = options;
  return tls === undefined || tls === null || tls === false ? "node:net" : "node:tls";
}

/** Whether a server is one of node:http2, whose classes are not exported. */
function isHttp2(server: unknown): boolean {
  for (let it = server; typeof it === "object" && it !== null; it = Object.getPrototypeOf(it)) {
    if (/^Http2(?:Secure)?Server$/.test(it.constructor.name)) return true;
  }
  return false;
}
