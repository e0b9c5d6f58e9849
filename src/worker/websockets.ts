// The WebSockets of a worker: its open ones are known, so that a drain can close them in good order.
import { peerPort } from "../net/address.ts";
import type { Outcomes } from "./outcome.ts";

/** "Service Restart" (RFC 6455 registry): the client is to connect again. */
const CLOSE_CODE = 1012;

type Handlers = Bun.WebSocketHandler<unknown>;

export class WebSockets {
  readonly #open = new Set<Bun.ServerWebSocket<unknown>>();
  /** The clients' ports of connections that became WebSockets: no request is in flight on them. */
  readonly ports = new Set<number>();
  #closing = false;

  constructor(readonly outcomes: Outcomes) {}

  /** How many are open. */
  get count(): number {
    return this.#open.size;
  }

  /** The app's handlers, with `open` and `close` noted on the way. */
  wrap(handlers: Handlers): Handlers {
    return {
      ...handlers,
      open: (socket) => {
        this.#open.add(socket);
        const result = handlers.open?.(socket);
        if (this.#closing) socket.close(CLOSE_CODE, "Service Restart");
        return result;
      },
      close: (socket, code, reason) => {
        this.#open.delete(socket);
        return handlers.close?.(socket, code, reason);
      },
    };
  }

  /** Notes the client's port of each connection that `server` upgrades, before it is upgraded. */
  watch(server: Bun.Server<unknown>): void {
    const upgrade = server.upgrade.bind(server);
    const ports = this.ports;
    Object.defineProperty(server, "upgrade", {
      configurable: true,
      value: (...args: Parameters<typeof upgrade>) => {
        const port = server.requestIP(args[0])?.port;
        const upgraded = upgrade(...args);
        if (upgraded) this.outcomes.noteUpgrade(args[0]);
        if (upgraded && port !== undefined) ports.add(port);
        return upgraded;
      },
    });
  }

  /** Forgets the ports of connections that are gone. `connections`: all there are, by descriptor. */
  forgetExcept(connections: readonly number[]): void {
    if (this.ports.size === 0) return;
    const present = new Set(connections.map((connection) => peerPort(connection)));
    for (const port of this.ports) if (!present.has(port)) this.ports.delete(port);
  }

  /** Tells every client to connect again; those that are still to open are told then. */
  closeAll(): void {
    this.#closing = true;
    for (const socket of this.#open) socket.close(CLOSE_CODE, "Service Restart");
  }
}
