// Gives a WebSocket to another worker. Its descriptor is duplicated, and Bun is made to forget it,
// in one turn of the event loop: what its client sends from then on waits in the kernel.
import { restartFrame } from "../../core/farewell.ts";
import { closeDescriptor } from "../../os/descriptors.ts";
import type { WebSockets } from "../connections/websockets.ts";
import type { Link } from "../links/link.ts";
import type { Keeper } from "../movable/keeper.ts";
import { noteClosed, noteMoved, type PassOn } from "../movable/moved.ts";
import type { History } from "../publish/history.ts";
import { copyData } from "./clone.ts";
import { closeFrame } from "./frames.ts";
import type { Leaver, Offer } from "./leaver.ts";
import { closeRaw } from "./raw-close.ts";
import { duplicate } from "./raw-socket.ts";

const ESSENTIAL = { isEssential: true };

export interface GiveAwayContext {
  readonly webSockets: WebSockets;
  readonly keeper: Keeper;
  readonly history: History | undefined;
}

export class GiveAway {
  constructor(readonly context: GiveAwayContext) {}

  /** Offers it over a link. Returns false if that is not possible now: then nothing has changed. */
  offer(leaver: Leaver, link: Link): boolean {
    // First what may throw.
    const offer = leaver.offer ?? this.#offerOf(leaver);
    const copy = leaver.copy ?? duplicate(leaver.fd as number);
    const descriptor = link.sendDescriptor(copy);
    if (descriptor === undefined) {
      if (leaver.copy === undefined) closeDescriptor(copy);
      return false;
    }
    leaver.link = link;
    leaver.offer = offer;
    if (leaver.copy === undefined) this.#takeFromBun(leaver, copy, offer);
    link.send("offer", { ...offer.header, descriptor }, offer.data, ESSENTIAL);
    return true;
  }

  /** Another worker serves it. */
  drop({ copy, key }: Leaver): void {
    if (copy !== undefined) closeDescriptor(copy);
    this.context.webSockets.noteMoving(key, false);
  }

  /** Nobody serves it: its client is told, and so is the app here. */
  async close({ socket, copy, key, offer, outer }: Leaver): Promise<void> {
    const { webSockets } = this.context;
    const { code, reason } = webSockets.frame ?? restartFrame();
    // A session of socket.io has ended when it left.
    if (outer !== undefined) {
      outer.noteClosed(code, reason);
    } else if (offer?.header.socketIo === undefined) {
      noteClosed(socket);
      webSockets.closedElsewhere(socket, code, reason);
    }
    if (copy !== undefined) await closeRaw(copy, closeFrame(code, reason));
    webSockets.noteMoving(key, false);
  }

  #takeFromBun(leaver: Leaver, copy: number, { header }: Offer): void {
    const { socket, key } = leaver;
    const { keeper, webSockets } = this.context;
    const outer = keeper.of(socket)?.outer;
    leaver.outer = outer;
    leaver.copy = copy;
    const isOver = header.socketIo !== undefined;
    const passOn: PassOn = (call, bytes) => {
      leaver.link?.send("call", { id: leaver.id, ...call }, bytes, ESSENTIAL);
    };
    if (!isOver) {
      if (outer === undefined) noteMoved(socket, header.topics, passOn);
      else outer.noteMoved(passOn);
    }
    // Idle as it looks from here, nobody else is to close it.
    webSockets.noteMoving(key, true);
    // A session of socket.io ends, and another one begins in the new worker.
    webSockets.letGo(socket, { isSilent: !isOver });
  }

  #offerOf({ id, socket }: Leaver): Offer {
    const { keeper, history } = this.context;
    const { handshake = "", protocol = "" } = keeper.of(socket) ?? {};
    const { subscriptions: topics, binaryType } = socket;
    const published = history?.cut;
    const suspected = keeper.suspects.isSuspect(socket) && ({ suspected: true } as const);
    const header = { id, handshake, protocol, topics, published, binaryType, ...suspected };
    const socketIo = keeper.socketIo.offerOf(socket);
    // What `ws` has there is no app's.
    const isOurs = keeper.of(socket)?.outer !== undefined;
    const data = isOurs ? new Uint8Array(0) : copyData(socket.data);
    if (socketIo === undefined) return { header, data };
    const all = handshake + socketIo.headers;
    return { header: { ...header, handshake: all, socketIo }, data };
  }
}
