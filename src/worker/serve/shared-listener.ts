// A worker's part in a listening socket that it shares with all others: whether it accepts from it.
// Nothing is lost while nobody does, as connections wait in a queue that belongs to the master.
import type { Sharers } from "../../ipc/messages.ts";
import type { Polls } from "../../net/polls.ts";
import { isQueued, refuseNew } from "../../net/socket-options.ts";
import { withdraw } from "../../net/unix-listener.ts";
import { dropNewHandshakes } from "../../net/filters.ts";
import { type Address, isUnix } from "../../net/address.ts";
import type { Accepting } from "../connections/accepting.ts";
import type { OtherMaster } from "./other-master.ts";

/** Bun takes all that has come until then in the turn after. */
const LAST_TURN_MS = 2;

export class SharedListener {
  accepts = false;

  /** @param accept makes Bun accept from it, see `adoptListener` */
  constructor(
    readonly listener: number,
    readonly address: Address,
    readonly whose: Sharers,
    readonly polls: Polls,
    readonly accept: () => void,
  ) {}

  /**
   * The same for another server of Bun, which has got the socket; see `moveListener`. It accepts
   * nothing yet.
   */
  movedTo(listener: number, accept: () => void): SharedListener {
    const { address, whose, polls } = this;
    return new SharedListener(listener, address, whose, polls, accept);
  }

  /** From now on accepts, or no more. Throws `SystemError`. */
  set(accepts: boolean, accepting: Accepting): void {
    if (accepts === this.accepts) return;
    this.accepts = accepts;
    if (accepts) accepting.admit(this.listener, this.accept);
    else this.polls.pause(this.listener);
  }

  /** Whether connections wait that this worker is to accept. */
  get isQueued(): boolean {
    return this.accepts && isQueued(this.listener);
  }

  /**
   * The queue is empty, and nobody accepts after this: from now on new clients are refused. What
   * has come in the meantime is accepted by the time that this resolves.
   */
  async end(): Promise<void> {
    if (!this.accepts || !isUnix(this.address)) return;
    refuseNew(this.listener);
    await Bun.sleep(LAST_TURN_MS);
  }

  /** The master has died: nothing new is to come, unless others will serve it. */
  leave(accepting: Accepting, otherMaster: OtherMaster): void {
    const isServed = this.whose === "inherited" || otherMaster.has(this.listener);
    if (isServed) return this.set(false, accepting);
    if (!this.accepts) return;
    if (isUnix(this.address)) withdraw(this.listener, this.address.path);
    else dropNewHandshakes(this.listener);
  }
}
