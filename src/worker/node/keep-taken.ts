// Keeps what it takes to carry a WebSocket of a program on node:http to another worker. That is
// possible if the package `ws` speaks on it, with a WebSocket of Bun inside.
import type { IncomingMessage } from "node:http";
import type { WebSockets } from "../connections/websockets.ts";
import type { Asked } from "../movable/asked.ts";
import { handshakeOfNode } from "../movable/handshake-request.ts";
import { nativeOf, whenOpened } from "../movable/library.ts";
import { type Keeper, unfitness } from "../movable/keeper.ts";
import { beginning, isUnderstood } from "../movable/socket-io.ts";
import { LibrarySocket, type Session } from "./library-socket.ts";
import type { ProgramSocket, TakenConnection } from "./taken-connection.ts";

const NO_TEXT = Buffer.alloc(0);

interface Taken {
  readonly taken: TakenConnection;
  readonly socket: ProgramSocket;
  /** As the client has sent it. */
  readonly incoming: IncomingMessage;
  readonly webSockets: WebSockets;
  /** It comes from another worker; undefined: from a client. */
  readonly asked: Asked | undefined;
}

/**
 * Must come before the program hears of the upgrade.
 * @param onOpened the program has upgraded it, by `ws`
 */
export function keepTaken(
  { taken, socket, incoming, webSockets, asked }: Taken,
  onOpened: () => void,
): void {
  const { keeper } = webSockets;
  const handshake = keeper === undefined ? "" : handshakeOfNode(incoming);
  whenOpened(socket, (library, server) => {
    const native = nativeOf(library);
    taken.canMove = keeper !== undefined && native !== undefined;
    onOpened();
    if (keeper === undefined || native === undefined) return undefined;
    const { url = "" } = incoming;
    const isSocketIo = isUnderstood(url);
    const outer = new LibrarySocket({
      library,
      closable: taken,
      socket,
      server,
      runs: (handler) => keeper.runs(native, handler, true),
      session: isSocketIo === true ? sessionOf(keeper, native) : undefined,
    });
    const { protocol, extensions } = library;
    const isKnown = (isSocketIo ?? true) && (isSocketIo !== true || outer.isWatched);
    const kept = {
      handshake: isSocketIo === true ? beginning(handshake) : handshake,
      unfit: unfitness(extensions !== "", isKnown),
      protocol,
      socketIo: isSocketIo === true ? url : undefined,
      outer,
    };
    keeper.keep(native, kept, asked !== undefined);
    socket.once("close", () => keeper.closed(native));
    asked?.opened(native, outer);
    return asked?.threw;
  });
}

function sessionOf({ socketIo }: Keeper, native: Bun.ServerWebSocket<unknown>): Session {
  return {
    hears: (message) => socketIo.hears(native, message ?? NO_TEXT),
    said: (message) => socketIo.said(native, message),
  };
}
