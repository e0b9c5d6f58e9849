// Handovers: a process is started to take over, says hello, is offered the server, and has a control
// loop of its own over the first one's workers and listeners. It takes the first one's place when
// its claim is granted; or it fails, hangs, dies, or is ended, at any moment. So may the first one.

import type { Effect } from "../../src/core/effects.ts";
import type { Event } from "../../src/core/events.ts";
import { isAlive } from "../../src/core/predicates.ts";
import type { Inventory } from "../../src/core/inventory.ts";
import type { State } from "../../src/core/state.ts";
import { randomFate, SimulatedSuccessor } from "./world/successor.ts";
import type { World } from "./world/world.ts";

/** What the succession changes, and whom it tells. */
export interface Masters {
  readonly world: World;
  /** Of the master that has the server. */
  state: State;
  take(event: Event): void;
  takeAsSuccessor(event: Event): void;
}

/** How often is looked whether the last process of a group, or the last worker, has ended. */
const POLL_MS = 20;

export class Succession {
  /** The process that is to take over, until it does or is gone. */
  successor: SimulatedSuccessor | undefined;
  /** Workers whose master has failed before it had the server: nobody hears of them. */
  readonly #unheard = new Set<number>();
  /** Goes up with each master that has the server. */
  #reign = 0;
  /** When the server is the successor's, if the grant is on its way. */
  #grantedMs: number | undefined;

  constructor(private readonly masters: Masters) {}

  get #world(): World {
    return this.masters.world;
  }

  /** Who hears of an event; `later`: the successor, when it has heard of the grant. */
  hears(event: Event): "server" | "successor" | "later" | "nobody" {
    if ("worker" in event) {
      if (this.#unheard.has(event.worker)) return "nobody";
      const { successor } = this;
      if (successor?.spawned.has(event.worker)) return successor.turns ? "successor" : "nobody";
    }
    return this.#grantedMs !== undefined && event.type !== "tick" ? "later" : "server";
  }

  /** Has an event come when the successor has heard of the grant. */
  putOff(event: Event): void {
    const { nowMs } = this.#world;
    this.#world.tell((this.#grantedMs ?? nowMs) - nowMs, event);
  }

  /** Performs what the predecessor asks for. `false`: it is not about a handover. */
  performForOld(effect: Effect): boolean {
    const { random } = this.#world;
    switch (effect.type) {
      case "start-successor":
        this.#start();
        return true;
      case "offer":
        this.#offer(effect.inventory);
        return true;
      case "stop-successor":
        this.#later(random.wait(10), (successor) => this.#stop(successor));
        return true;
      case "kill-successor":
        // The kernel takes its time with a process that is in the middle of something.
        if (this.#world.faulty && random.chance(0.2)) return true;
        this.#later(random.wait(10), (successor) => this.#kill(successor));
        return true;
      case "forget-successor":
        for (const id of this.successor?.spawned ?? []) this.#unheard.add(id);
        this.successor = undefined;
        return true;
      case "grant":
        this.#grant(effect);
        return true;
      default:
        return false;
    }
  }

  /** Performs what the successor asks for. `false`: the world does that. */
  performForSuccessor(effect: Effect): boolean {
    const { successor } = this;
    if (successor === undefined) throw new Error("there is no second master");
    switch (effect.type) {
      case "spawn":
        successor.spawned.add(effect.worker);
        return false;
      case "reserve-number":
        this.#say(successor, { type: "successor-spawned", number: effect.worker });
        return true;
      case "claim":
        successor.hasClaimed = true;
        this.#say(successor, { type: "successor-claimed" });
        return true;
      case "exit":
        this.#end(successor, "exit code 1");
        return true;
      case "steer":
        throw new Error("the successor steers before the server is its");
      default:
        return false;
    }
  }

  #start(): void {
    const { random, faulty, profile } = this.#world;
    const fate = randomFate(random, faulty ? 2 * profile.faultRate : 0);
    if (fate.hello === "cannot start") {
      const reason = "there is no such file";
      return this.#world.tell(0, { type: "successor-not-started", reason });
    }
    const successor = new SimulatedSuccessor(fate.hello);
    this.successor = successor;
    this.#world.tell(0, { type: "successor-started", pid: 77 });
    this.#later(random.wait(80), () => this.#sayHello(successor));
    if (faulty && random.chance(profile.faultRate * 6)) {
      this.#later(random.wait(300), () => this.#goWrong(successor));
    }
  }

  #sayHello(successor: SimulatedSuccessor): void {
    if (!successor.turns) return;
    const { hello } = successor;
    if (hello === "ends") return this.#end(successor, "exit code 1");
    if (typeof hello === "string") return;
    this.#say(successor, { type: "successor-said-hello", protocols: hello });
  }

  /** The offer and the listeners are on their way: duplicates are in the messages. */
  #offer(inventory: Inventory): void {
    const { successor } = this;
    if (successor === undefined) throw new Error("there is nobody to offer to");
    if (!successor.isAlive) return;
    successor.offered = inventory;
    for (const { address, members } of inventory.groups) {
      for (const member of members) this.#world.kernel.duplicate(address, member);
    }
    this.#send(successor, () => this.#plan(successor));
  }

  /** It reads the configuration, and begins when it has made its plans. */
  #plan(successor: SimulatedSuccessor): void {
    successor.version = this.#world.disk.written;
    if (!successor.version.valid) {
      this.#say(successor, { type: "successor-failed", reason: "it does not validate" });
      return this.#later(this.#world.random.wait(30), () => this.#end(successor, "exit code 2"));
    }
    this.#later(this.#world.random.wait(30), () => {
      if (!successor.turns || successor.state !== undefined) return;
      this.#begin(successor);
      this.masters.takeAsSuccessor({ type: "tick" });
    });
  }

  #begin(successor: SimulatedSuccessor): void {
    successor.begin(this.#world.disk);
  }

  /** Asked to end, it does what it does at a TERM. */
  #stop(successor: SimulatedSuccessor): void {
    if (!successor.turns) return;
    if (successor.state === undefined) return this.#end(successor, "signal SIGTERM");
    const stop = { type: "stop-requested", mode: "graceful", signal: "SIGTERM" } as const;
    this.masters.takeAsSuccessor(stop);
  }

  #kill(successor: SimulatedSuccessor): void {
    for (const id of successor.spawned) this.#world.worker(id).die("signal SIGKILL");
    this.#end(successor, "signal SIGKILL");
  }

  /** It ends, by itself or not. Its workers are orphans, if there are any left. */
  #end(successor: SimulatedSuccessor, how: string): void {
    if (!successor.isAlive) return;
    successor.isAlive = false;
    this.#closeDuplicates(successor);
    for (const id of successor.spawned) this.#world.worker(id).orphan();
    this.#say(successor, { type: "successor-exited", how });
    const delayMs = successor.lastOutMs - this.#world.nowMs;
    this.#later(delayMs, () => this.#watch(successor));
  }

  /** What it had of other processes' listeners is closed, in any order. */
  #closeDuplicates({ offered, spawned }: SimulatedSuccessor): void {
    const { kernel, random } = this.#world;
    const theirs = (offered?.groups ?? []).flatMap(({ address, members }) =>
      members.map((worker) => ({ address, worker, kept: undefined })),
    );
    const own = kernel.addresses().flatMap((address) =>
      [...spawned]
        .filter((worker) => kernel.owners(address).includes(worker))
        .map((worker) => {
          const kept = this.#world.worker(worker).isOpen(address) ? 1 : 0;
          return { address, worker, kept };
        }),
    );
    const all = [...theirs, ...own].map((listener) => ({ listener, at: random.fraction() }));
    for (const { listener } of all.toSorted((a, b) => a.at - b.at)) {
      const { address, worker, kept } = listener;
      if (kept === undefined) kernel.close(address, worker);
      else kernel.closeAllBut(address, worker, kept);
    }
  }

  /** Looks for the last of its processes. */
  #watch(successor: SimulatedSuccessor): void {
    const { random, living } = this.#world;
    const isLeft = [...living].some(({ id }) => successor.spawned.has(id));
    if (isLeft) return this.#later(POLL_MS, () => this.#watch(successor));
    this.#tellOf(successor, random.wait(20), { type: "successor-gone" });
  }

  #grant({ ended, reload }: Extract<Effect, { readonly type: "grant" }>): void {
    const { successor, masters } = this;
    if (successor?.state === undefined) throw new Error("there is nobody to grant the server to");
    const delayMs = this.#world.random.wait(20);
    const old = this.#succeed(successor, successor.state);
    this.#grantedMs = this.#world.nowMs + delayMs;
    this.#world.later(delayMs, () => {
      this.#grantedMs = undefined;
      masters.take({ type: "takeover-granted", reload, ended });
      this.#relay([...old.workers.keys()]);
    });
  }

  /** The predecessor passes on what its workers say until the last has ended; or it dies. */
  #relay(workers: readonly number[]): void {
    const { random, faulty } = this.#world;
    const reign = this.#reign;
    const end = (): void => {
      // What it has to say is for the master that it has handed over to, and for no later one.
      if (reign === this.#reign) this.#orphan(workers, []);
    };
    if (faulty && random.chance(0.3)) return this.#world.later(random.wait(1000), end);
    const look = (): void => {
      const isLeft = workers.some((id) => {
        const worker = this.masters.state.workers.get(id);
        return reign === this.#reign && worker !== undefined && isAlive(worker);
      });
      this.#world.later(isLeft ? POLL_MS : random.wait(1000), isLeft ? look : end);
    };
    look();
  }

  /** The successor takes the place of the old one, whose state this returns. */
  #succeed(successor: SimulatedSuccessor, state: State): State {
    const { masters } = this;
    const { state: old } = masters;
    this.#reign += 1;
    this.successor = undefined;
    // The predecessor's duplicates are closed.
    for (const [address, { members }] of old.groups) {
      for (const member of members) this.#world.kernel.close(address, member);
    }
    masters.state = state;
    const { version } = successor;
    if (old.serving !== undefined && version !== undefined) {
      this.#world.disk.put(old.serving, version);
    }
    return old;
  }

  /** A master dies, hangs or is stopped, or what serves dies, at any moment of a handover. */
  #goWrong(successor: SimulatedSuccessor): void {
    const { random, faulty } = this.#world;
    if (!faulty || successor.hasClaimed || successor !== this.successor) return;
    const crash = random.chance(0.6);
    const mishap = crash ? "workers" : random.pick(["old", "new", "hang", "stop"] as const);
    if (mishap === "new") this.#end(successor, "signal SIGSEGV");
    else if (mishap === "hang") successor.hangs = true;
    else if (mishap === "stop") this.#stop(successor);
    else if (mishap === "old") this.#die(successor);
    else this.#crashOldWorkers(random.chance(0.8) ? 1 : 0.5);
  }

  /** Those that serve crash while the successor gets ready. @param share of them, from 0 to 1 */
  #crashOldWorkers(share: number): void {
    const { state } = this.masters;
    for (const { id, phase } of state.workers.values()) {
      const dies = phase.name === "ready" && this.#world.random.chance(share);
      if (dies) this.#world.worker(id).die("signal SIGSEGV");
    }
  }

  /**
   * The predecessor dies before it has granted. A new one that has not got its listeners yet ends as
   * well, and the whole server with it: that is left out. While it makes its plans it does not hear
   * of that before it begins.
   */
  #die(successor: SimulatedSuccessor): void {
    const { succession, workers } = this.masters.state;
    const isOffered = succession.name === "offered" && successor.version?.valid === true;
    if (!successor.turns || !isOffered) return;
    const isPlanning = successor.state === undefined;
    if (isPlanning) this.#begin(successor);
    const { state } = successor;
    if (state === undefined || state.succession.name === "failed") return;
    const old = this.#succeed(successor, state);
    const ended = [...workers.values()].filter(({ phase }) => phase.name === "exited");
    this.#orphan(
      [...old.workers.keys()],
      ended.map(({ id }) => id),
    );
    if (isPlanning) this.masters.take({ type: "tick" });
  }

  /** The predecessor has died: its workers are on their own. */
  #orphan(workers: readonly number[], ended: readonly number[]): void {
    for (const id of workers) this.#world.worker(id).orphan();
    this.masters.take({ type: "predecessor-ended", pid: 76, workers, ended });
  }

  /** Sends what the successor says, in order. */
  #say(successor: SimulatedSuccessor, event: Event): void {
    const { nowMs, random } = this.#world;
    successor.lastOutMs = Math.max(successor.lastOutMs, nowMs + random.wait(10));
    this.#tellOf(successor, successor.lastOutMs - nowMs, event);
  }

  /** Has the successor do what it is sent, if it still does anything by then. */
  #send(successor: SimulatedSuccessor, act: () => void): void {
    this.#later(this.#world.random.wait(20), () => {
      if (successor.turns) act();
    });
  }

  /** Tells the predecessor, as long as the successor is its own. */
  #tellOf(successor: SimulatedSuccessor, delayMs: number, event: Event): void {
    this.#world.add(delayMs, "world", () => (successor === this.successor ? event : undefined));
  }

  /** Acts later, unless there is another successor by then, or none. */
  #later(delayMs: number, act: (successor: SimulatedSuccessor) => void): void {
    const { successor } = this;
    if (successor === undefined) return;
    this.#world.later(delayMs, () => {
      if (successor === this.successor) act(successor);
    });
  }
}
