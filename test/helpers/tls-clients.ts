// Clients over TLS, and a relay with which they stop in the middle of their handshake.
import { once } from "node:events";
import { type AddressInfo, connect as connectTcp, createServer, type Socket } from "node:net";
import { connect, type ConnectionOptions, type PeerCertificate, type TLSSocket } from "node:tls";

const AT_LEAST = { host: "127.0.0.1", rejectUnauthorized: false } as const;

/** A connection after its handshake. */
export async function connectTls(port: number, more: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ ...AT_LEAST, port, ...more });
  await once(socket, "secureConnect");
  return socket;
}

/** The subject of the certificate that a client gets. */
export async function certificateAt(port: number, servername?: string): Promise<string> {
  const socket = await connectTls(port, servername === undefined ? {} : { servername });
  const { CN } = (socket.getPeerCertificate() as PeerCertificate).subject;
  socket.destroy();
  return String(CN);
}

/** Sends a request on a connection, and resolves with all that is answered until its end. */
export function askOn(socket: TLSSocket, path = "/"): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let text = "";
  socket.setEncoding("utf8");
  socket.on("data", (part) => (text += String(part)));
  socket.once("end", () => resolve(text));
  socket.once("error", reject);
  socket.once("close", () => reject(new Error(`closed after: ${text}`)));
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  return promise;
}

/** A relay to `port` for one client, of whose bytes it holds back all but the first. */
export class Relay {
  #held: Buffer[] = [];
  #passes: number;
  #server: Socket | undefined;
  readonly #listening = createServer((client) => this.#relay(client));
  readonly #begun = Promise.withResolvers<void>();

  /** @param passes how many of the client's bytes it passes on at once */
  constructor(
    readonly port: number,
    passes: number,
  ) {
    this.#passes = passes;
  }

  async listen(): Promise<number> {
    this.#listening.listen(0, "127.0.0.1");
    await once(this.#listening, "listening");
    return (this.#listening.address() as AddressInfo).port;
  }

  /** Resolves when it holds bytes back. */
  get holds(): Promise<void> {
    return this.#begun.promise;
  }

  /** From now on passes everything on. */
  release(): void {
    this.#passes = Infinity;
    for (const part of this.#held) this.#server?.write(part);
    this.#held = [];
  }

  close(): void {
    this.#listening.close();
  }

  #relay(client: Socket): void {
    const server = connectTcp(this.port, "127.0.0.1");
    this.#server = server;
    client.on("data", (part: Buffer) => {
      const now = part.subarray(0, this.#passes);
      const later = part.subarray(now.length);
      this.#passes -= now.length;
      if (now.length > 0) server.write(now);
      if (later.length === 0) return;
      this.#held.push(later);
      this.#begun.resolve();
    });
    server.on("data", (part) => client.write(part));
    server.on("end", () => client.end());
    for (const [one, other] of [[client, server] as const, [server, client] as const]) {
      one.on("error", () => other.destroy());
    }
  }
}
