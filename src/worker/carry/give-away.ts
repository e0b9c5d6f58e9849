// Gives a WebSocket to another worker. Its descriptor is duplicated, and Bun is made to forget it,
// in one turn of the event loop: what its client sends from then on waits in the kernel.
import { restartFrame } from "../../core/farewell.ts";
import { closeDescriptor } from "../../os/descriptors.ts";
import type { WebSockets } from "../connections/websockets.ts";
import type { Link } from "../links/link.ts";
import type { Keeper } from "../movable/keeper.ts";
import type { OfferHeader } from "../movable/messages.ts";
import { noteMoved, type PassOn } from "../movable/moved.ts";
import type { History } from "../publish/history.ts";
import { copyData } from "./clone.ts";
import { closeFrame } from "./frames.ts";
import type { Leaver } from "./leaver.ts";
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
    const copy = leaver.copy ?? duplicate(leaver.fd as number);
    if (!link.sendDescriptor(copy)) {
      if (leaver.copy === undefined) closeDescriptor(copy);
      return false;
    }
    leaver.link = link;
    if (leaver.copy === undefined) this.#takeFromBun(leaver, copy);
    const { header, data } = leaver.offer as NonNullable<Leaver["offer"]>;
    link.send("offer", header, data, ESSENTIAL);
    return true;
  }

  /** Another worker serves it. */
  drop({ copy, key }: Leaver): void {
    if (copy !== undefined) closeDescriptor(copy);
    this.context.webSockets.noteMoving(key, false);
  }

  /** Nobody serves it: its client is told. */
  async close({ copy, key }: Leaver): Promise<void> {
    const { webSockets } = this.context;
    const { code, reason } = webSockets.frame ?? restartFrame();
    if (copy !== undefined) await closeRaw(copy, closeFrame(code, reason));
    webSockets.noteMoving(key, false);
  }

  #takeFromBun(leaver: Leaver, copy: number): void {
    const { socket, key } = leaver;
    const { keeper, webSockets } = this.context;
    const header = this.#headerOf(leaver);
    const outer = keeper.of(socket)?.outer;
    // What `ws` has there is no app's.
    const data = outer === undefined ? copyData(socket.data) : new Uint8Array(0);
    leaver.offer = { header, data };
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

  #headerOf({ id, socket }: Leaver): OfferHeader {
    const { keeper, history } = this.context;
    const { handshake = "", protocol = "" } = keeper.of(socket) ?? {};
    const { subscriptions: topics, binaryType } = socket;
    const published = history?.cut ?? {};
    const header = { id, handshake, protocol, topics, published, binaryType };
    const socketIo = keeper.socketIo.offerOf(socket);
    if (socketIo === undefined) return header;
    return { ...header, handshake: handshake + socketIo.headers, socketIo };
  }
}
