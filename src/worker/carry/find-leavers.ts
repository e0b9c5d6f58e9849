// Which descriptors Bun has for WebSockets that are to leave, and where it keeps what it knows of
// them: a part in each turn of the event loop, as there may be ten thousand.
import { parsePolls, type Polls } from "../../net/polls.ts";
import { socketCookie } from "../../net/socket-options.ts";
import { nextTurn } from "../../os/next-turn.ts";
import { descriptorsInParts } from "../../os/open-descriptors.ts";
import type { Connections } from "../connections/connections.ts";
import type { Leaver } from "./leaver.ts";
import { memoryOf } from "./parser-state.ts";
import { TURN_MS } from "./turn-time.ts";

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
    const wanted = leavers.filter(({ fd }) => fd === undefined);
    if (wanted.length === 0) return;
    this.#nextMs = performance.now() + FIND_EACH_MS;
    const found = await this.#findDescriptors(new Set(wanted.map(({ key }) => key)));
    const text = this.polls.text();
    await nextTurn();
    const polls = parsePolls(text);
    let untilMs = performance.now();
    for (const leaver of wanted) {
      if (performance.now() >= untilMs) {
        await nextTurn();
        untilMs = performance.now() + TURN_MS;
      }
      const [fd, another] = found.get(leaver.key) ?? [];
      leaver.hasTwin = another !== undefined;
      if (fd === undefined || leaver.hasTwin) continue;
      const poll = polls.get(fd);
      const memory = poll && memoryOf(poll);
      if (memory === undefined) continue;
      leaver.fd = fd;
      leaver.cookie = socketCookie(fd);
      leaver.memory = memory;
    }
    await nextTurn();
  }

  /** Those with these names. */
  async #findDescriptors(names: ReadonlySet<string>): Promise<Map<string, readonly number[]>> {
    const { connections } = this;
    const found = new Map<string, number[]>();
    await nextTurn();
    const all = await descriptorsInParts(nextTurn);
    await nextTurn();
    for (let from = 0; from < all.length; from += CHUNK) {
      for (const fd of all.slice(from, from + CHUNK)) {
        const key = connections.keyOf(fd) ?? "";
        if (!names.has(key)) continue;
        const several = found.get(key);
        if (several === undefined) found.set(key, [fd]);
        else several.push(fd);
      }
      await nextTurn();
    }
    return found;
  }
}
