// A server of Bun that serves what is transplanted into it. Nobody connects to it but this worker:
// once for each WebSocket that moves here, to ask the app by the upgrade request of its client.
import { randomBytes } from "node:crypto";
import type { Layer } from "../http/layer.ts";
import type { AppHandlers } from "../serve/app-handlers.ts";
import type { Asked } from "../movable/asked.ts";
import { CARRY_HEADER } from "../movable/handshake-request.ts";

type BunServer = Bun.Server<unknown>;

export class CarryServer {
  /** Abstract, as `encodeUnix` takes it. */
  readonly path = `@pounce-carry-${process.pid}-${randomBytes(16).toString("hex")}`;
  readonly server: BunServer;
  readonly #asked = new Map<string, Asked>();
  readonly #requests = new WeakMap<Request, Asked>();

  constructor(handlers: AppHandlers) {
    const layer: Layer = {
      wrap: (handler) => (request, server) => {
        const asked = this.#take(request.headers.get(CARRY_HEADER));
        if (asked === undefined) return new Response(null, { status: 404 });
        request.headers.delete(CARRY_HEADER);
        this.#requests.set(request, asked);
        handlers.webSockets.noteOwner(request, server);
        // An app may keep the first server that it sees.
        return handler(request, handlers.servers.main ?? server);
      },
    };
    this.server = handlers.own.serveForCarry(
      { path: `\0${this.path.slice(1)}` },
      layer,
      (request) => this.#requests.get(request),
      (token) => this.#take(token),
    );
  }

  /** A request with this token asks for it. */
  expect(asked: Asked): string {
    const token = randomBytes(16).toString("hex");
    this.#asked.set(token, asked);
    return token;
  }

  #take(token: string | null | undefined): Asked | undefined {
    const asked = this.#asked.get(token ?? "");
    if (asked !== undefined) this.#asked.delete(token ?? "");
    return asked;
  }

  forget(token: string): void {
    this.#asked.delete(token);
  }
}
