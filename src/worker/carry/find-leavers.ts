// Which descriptors Bun has for WebSockets that are to leave, and where it keeps what it knows of
// them: a part in each turn of the event loop, as there may be ten thousand.
import type { Polls } from "../../net/polls.ts";
import { socketCookie } from "../../net/socket-options.ts";
import { nextTurn } from "../../os/next-turn.ts";
import { descriptorsInParts } from "../../os/open-descriptors.ts";
import type { Connections } from "../connections/connections.ts";
import type { Leaver } from "./leaver.ts";
import { memoryOf } from "./parser-state.ts";

/** Descriptors that are looked at in one turn. */
const CHUNK = 256;
const FIND_EACH_MS = 20;

export class FindLeavers {
  /** When to look again. */
  #nextMs = 0;

  constructor(
    readonly connections: Connections,
    readonly polls: Polls,
  ) {}

  /** Looks for those whose descriptors are not known. Where that was in vain, not all the time. */
  async find(leavers: readonly Leaver[]): Promise<void> {
    if (performance.now() < this.#nextMs) return;
    const wanted = new Map<string, Leaver>();
    for (const leaver of leavers) if (leaver.fd === undefined) wanted.set(leaver.key, leaver);
    if (wanted.size === 0) return;
    this.#nextMs = performance.now() + FIND_EACH_MS;
    await this.#findDescriptors(wanted);
    const polls = this.polls.all();
    await nextTurn();
    for (const leaver of wanted.values()) {
      const poll = leaver.fd === undefined ? undefined : polls.get(leaver.fd);
      const memory = poll && memoryOf(poll);
      if (memory === undefined) leaver.fd = undefined;
      else leaver.memory = memory;
    }
  }

  async #findDescriptors(wanted: ReadonlyMap<string, Leaver>): Promise<void> {
    const { connections } = this;
    await nextTurn();
    const all = await descriptorsInParts(nextTurn);
    await nextTurn();
    for (let from = 0; from < all.length; from += CHUNK) {
      for (const fd of all.slice(from, from + CHUNK)) {
        const leaver = wanted.get(connections.keyOf(fd) ?? "");
        if (leaver === undefined) continue;
        leaver.fd = fd;
        leaver.cookie = socketCookie(fd);
      }
      await nextTurn();
    }
  }
}
