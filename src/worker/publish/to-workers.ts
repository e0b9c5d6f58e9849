// `websocket.publish = "server"`: what is published in this worker goes to all workers that it has
// links to, which are those of all generations of this server.
//
// Each worker sends it to its own WebSockets, and nowhere else. So it reaches each once, and never
// the one that has published it.
import { encodeFrame } from "../links/frames.ts";
import type { Links } from "../links/links.ts";
import type { Tell } from "../trouble.ts";
import { Lost } from "./lost.ts";
import { bodyOf, headerOf, type Published } from "./published.ts";

export class ToWorkers {
  readonly #lost = new Map<number, Lost>();

  constructor(
    readonly links: Links,
    readonly tell: Tell,
  ) {
    links.onOpen((link) => link.onClosed(() => this.#lost.delete(link.peer)));
  }

  /** A worker that takes nothing gets only what it takes later, up to a bound. */
  publish(message: Published, number: number): void {
    let frame: Uint8Array | undefined;
    for (const link of this.links.all()) {
      frame ??= encodeFrame("publish", headerOf(message, number), bodyOf(message));
      if (!link.sendFrame(frame)) this.#lostFor(link.peer).note();
    }
  }

  #lostFor(peer: number): Lost {
    const known = this.#lost.get(peer);
    if (known !== undefined) return known;
    const lost = new Lost(this.tell, `to worker ${peer}: it takes no more (websocket.publish)`);
    this.#lost.set(peer, lost);
    return lost;
  }
}
