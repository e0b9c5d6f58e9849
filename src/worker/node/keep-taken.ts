// Keeps what it takes to carry a WebSocket of a program on node:http to another worker. That is
// possible if the package `ws` speaks on it, with a WebSocket of Bun inside.
import type { IncomingMessage } from "node:http";
import type { WebSockets } from "../connections/websockets.ts";
import type { Asked } from "../movable/asked.ts";
import { unfitness } from "../movable/keeper.ts";
import { handshakeOfNode } from "../movable/handshake-request.ts";
import { nativeOf, whenOpened } from "../movable/library.ts";
import { isUnderstood } from "../movable/socket-io.ts";
import { LibrarySocket } from "./library-socket.ts";
import type { ProgramSocket, TakenConnection } from "./taken-connection.ts";

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
    if (keeper === undefined || native === undefined) return;
    const runs = (handler: Promise<unknown>): void => keeper.runs(native, handler);
    const outer = new LibrarySocket(library, taken, socket, server, runs);
    const { protocol, extensions } = library;
    const isPlain = isUnderstood(incoming.url ?? "") === undefined;
    const unfit = unfitness(extensions !== "", isPlain);
    const kept = { handshake, unfit, protocol, socketIo: undefined, outer };
    keeper.keep(native, kept, asked !== undefined);
    socket.once("close", () => keeper.closed(native));
    asked?.opened(native, outer);
  });
}
