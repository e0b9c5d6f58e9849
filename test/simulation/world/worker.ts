// A simulated worker process: says and does what a real one does, unless its fate is another.

import { LEASE_MS, LINGER_MS } from "../../../src/core/settings.ts";
import type { ForcedRequest, FromWorker, ToWorker } from "../../../src/ipc/messages.ts";
import type { WorkerHandle } from "../../../src/master/workers/worker-handle.ts";
import type { WorkerCallbacks } from "../../../src/master/workers/worker-process.ts";
import { type Address, formatAddress, isUnix, parseAddress } from "../../../src/net/address.ts";
import { type Fullness, fullnessAt } from "../../../src/worker/connections/fullness.ts";
import type { FileFacts } from "../../../src/os/file-facts.ts";
import { SystemError } from "../../../src/os/libc.ts";
import { version } from "../../../src/version.ts";
import { filesOf, isChanged, type Version, wantsLead } from "./disk.ts";
import type { BindOutcome, Fate, Outcome } from "./fate.ts";
import type { Farewells, Inhabitant, Stage, World } from "./world.ts";

/** The process that has spawned it. */
export interface Home {
  readonly world: World;
  readonly isAlive: boolean;
  /** Does something there. */
  attempt(act: () => void): void;
  /** It gets a descriptor. */
  take(descriptor: number): number;
}

/** How often it looks at the number of its connections. */
const LOOK_MS = 20;

const FORCED: ForcedRequest = { method: "GET", path: "/slow", age_ms: 5000 };

export class SimulatedWorker implements WorkerHandle, Inhabitant {
  alive = true;
  stage: Stage = "starting";
  /** The version of the app that it has loaded. */
  loaded: number | undefined;
  /** A bind was asked for, and its answer has not been sent. */
  binding = false;
  hangs = false;
  readonly farewells: Farewells = {};
  /** How often the app has thrown, as said in messages that the master has not taken yet. */
  readonly thrown: number[] = [];
  /** Requests that it has counted on its page. */
  counted = 0;
  failed = 0;
  slow = 0;
  /** When the last message between it and the master arrives: the next one is not earlier. */
  #lastInMs = 0;
  #lastOutMs = 0;
  #isOrphan = false;
  readonly #open = new Set<string>();
  /** Shared sockets that it has been sent, and has not bound. */
  readonly #given: number[] = [];
  /** Its descriptors of shared sockets, by address. */
  readonly #shared = new Map<string, number>();
  /** Those of them from which it accepts. */
  readonly #accepts = new Set<string>();
  /** Descriptors that it has sent and the master has not taken. */
  readonly #sent: number[] = [];
  #connections = 0;
  /** Those that end only if they are let go of. */
  #lasting = 0;
  #served = 0;
  #fullness: Fullness;
  #isLooking = false;
  #idleFromMs = Number.POSITIVE_INFINITY;
  #saidIdle = false;
  #bound: readonly Address[] = [];
  /** 0: it does not lead. */
  #leaseEndsMs = 0;
  #terms = 0;
  /** What the first worker of its generation was loaded from. */
  #expected: readonly FileFacts[] | undefined;
  /** Those that it has been told of links to. */
  readonly #peers = new Set<number>();
  #hasStarted = false;
  #mayLoad = false;
  #warmsUpFirst = false;
  /** What is to be asked before the first client comes has been asked. */
  isWarm = false;

  constructor(
    readonly id: number,
    readonly generation: number,
    readonly fate: Fate,
    readonly master: Home,
    readonly callbacks: WorkerCallbacks,
  ) {
    this.#after(fate.startMs, () => {
      this.#say({ type: "started", version });
      this.#hasStarted = true;
      this.#beginToLoad();
    });
    if (fate.neverIdle) this.#connections = 1;
  }

  get world(): World {
    return this.master.world;
  }

  get isOrphan(): boolean {
    return this.#isOrphan;
  }

  get isFull(): boolean {
    return this.#fullness !== undefined;
  }

  get pid(): number {
    return 1000 + this.id;
  }

  /** Whether it holds the listener on `address` open itself. */
  isOpen(address: string): boolean {
    const shared = this.#shared.get(address);
    if (shared !== undefined) return this.world.kernel.shared.leadsTo(address, shared);
    return this.alive && this.#open.has(address);
  }

  send(message: ToWorker): void {
    const { world } = this;
    const source = message.type === "lease" ? "pulse" : "world";
    this.#lastInMs = Math.max(this.#lastInMs, world.nowMs + world.latencyMs());
    world.add(this.#lastInMs - world.nowMs, source, () => this.#receive(message));
  }

  /** As in worker/app/leadership.ts: the answer is in the clock, even if it hangs. */
  get isLeader(): boolean {
    const { world, alive, master } = this;
    return alive && world.nowMs < this.#leaseEndsMs && master.isAlive;
  }

  #lead(untilMs: number): void {
    const { world } = this;
    if (this.stage !== "ready" || world.nowMs >= untilMs) return this.#say({ type: "resigned" });
    this.#terms += 1;
    this.#leadsUntil(untilMs);
    world.noteLeader(this);
    this.#ask(this.#terms);
  }

  #leadsUntil(untilMs: number): void {
    const { world } = this;
    const term = this.#terms;
    this.#leaseEndsMs = untilMs;
    world.add(untilMs - world.nowMs, "pulse", () => {
      if (term === this.#terms && world.nowMs >= this.#leaseEndsMs) this.#endTerm();
    });
  }

  #ask(term: number): void {
    this.world.add(LEASE_MS / 3, "pulse", () => {
      if (term !== this.#terms || !this.isLeader || this.hangs) return;
      this.#say({ type: "lease-wanted" });
      this.#ask(term);
    });
  }

  #resign(): void {
    if (this.#leaseEndsMs > 0) this.#endTerm();
  }

  /** What the app does takes a moment to end. One that hangs does not hear of it. */
  #endTerm(): void {
    if (!this.alive || this.hangs) return;
    this.#terms += 1;
    this.#leaseEndsMs = 0;
    if (!this.#isOrphan) this.#after(this.fate.resignMs, () => this.#say({ type: "resigned" }));
  }

  giveListener(descriptor: number): void {
    // What is on its way to a process that has ended goes with its channel.
    if (!this.alive) return;
    this.#given.push(this.world.kernel.duplicateOf(descriptor));
  }

  giveLink(): void {
    const { world } = this;
    if (this.alive && world.fails()) throw new SystemError("sendmsg", "EAGAIN");
  }

  takeListener(): number | undefined {
    const descriptor = this.#sent.shift();
    return descriptor === undefined ? undefined : this.master.take(descriptor);
  }

  /** A process that is in the middle of a system call outlives a kill by a moment. */
  kill(): void {
    const { world } = this;
    if (world.fails()) world.later(world.random.wait(200), () => this.die("signal SIGKILL"));
    else this.die("signal SIGKILL");
  }

  dispose(): void {
    for (const descriptor of this.#sent.splice(0)) this.world.kernel.closeDescriptor(descriptor);
  }

  #receive(message: ToWorker): void {
    if (!this.alive || this.hangs || this.#isOrphan) return;
    switch (message.type) {
      case "bind":
        return message.shared === undefined
          ? this.#bind(message.addresses)
          : this.#bindShared(message.addresses);
      case "drain":
        this.stage = "draining";
        this.#resign();
        // Its next look sees that it drains.
        if (this.isFull) this.#after(this.world.random.integer(0, LOOK_MS), () => this.#takeAll());
        this.#served = 0;
        this.#idleFromMs = Math.min(this.#idleFromMs, this.world.nowMs + LINGER_MS);
        return this.#after(LINGER_MS, () => this.#tellIdle());
      case "release":
        if (this.#shared.has(message.address)) return this.#releaseShared(message.address);
        this.#open.delete(message.address);
        this.world.kernel.close(message.address, this.id);
        return this.#say({ type: "released", address: message.address });
      case "force":
        return this.#force();
      case "stop":
        return this.#end();
      case "report": {
        const report = { requests: 1, inFlight: 0, connections: this.#connections, memoryBytes: 0 };
        return this.#say({ type: "report", id: message.id, report });
      }
      case "accept":
        return this.#setAccepting(message.address, message.accepts);
      case "open-unlisted":
        return this.#say({ type: "unlisted", id: message.id, port: 1 });
      case "load":
        if (!this.world.isDev) this.#expected = message.files;
        this.#mayLoad = true;
        this.#warmsUpFirst = message.warmsUpFirst === true;
        return this.#beginToLoad();
      case "lead":
        return this.#lead(message.untilMs);
      case "lease":
        if (this.isLeader) this.#leadsUntil(message.untilMs);
        return;
      case "resign":
        return this.#resign();
      case "standby":
        return this.#standby(message.isOn);
      case "link":
        if (this.#peers.has(message.peer)) this.world.violate("links", "a pair has two");
        this.#peers.add(message.peer);
        return;
      case "close-unlisted":
      case "spread":
      case "health":
      case "reopen-log":
      case "tls":
        return;
      default:
        message satisfies never;
    }
  }

  /** In standby it lets go of its connections as they are used, one by one. */
  #standby(isOn: boolean): void {
    if (this.stage !== "ready" && this.stage !== "standby") return;
    this.stage = isOn ? "standby" : "ready";
    if (!isOn) return;
    for (; this.#lasting > 0; this.#lasting--) {
      this.#after(this.world.random.wait(3000), () => this.#endConnection());
    }
  }

  #force(): void {
    const [connections, served] = [this.#connections, this.#served];
    const busy = Math.min(connections, 2);
    this.#saidIdle = true;
    const oldest = busy === 0 ? undefined : { method: "GET", path: "/slow", ageMs: 5000 };
    const unfinished = { connections, inFlight: busy, oldest };
    const requests = Array.from({ length: busy }, () => FORCED);
    const forced = { type: "forced", unfinished, connections: busy, served, requests } as const;
    this.farewells.forced = forced;
    this.#say(forced);
    this.#end();
  }

  /** Its master has died: it takes nothing new, and ends when it has nothing left. */
  orphan(): void {
    if (!this.alive || this.#isOrphan) return;
    this.#isOrphan = true;
    this.#saidIdle = false;
    if (this.hangs) return;
    this.stage = "draining";
    this.#resign();
    this.#takeAll();
    for (const address of this.#open) this.world.kernel.quiet(address, this.id);
    for (const address of this.#shared.keys()) this.#leaveShared(address);
    this.#idleFromMs = Math.min(this.#idleFromMs, this.world.nowMs + LINGER_MS);
    this.#after(LINGER_MS, () => this.#tellIdle());
  }

  /** A connection that ends after `durationMs`, if that is ever. It gets 503 if there is no room. */
  accept(durationMs: number): void {
    if (this.isFull) return;
    this.#connections += 1;
    this.#lookSoon();
    if (durationMs === Number.POSITIVE_INFINITY) this.#lasting += 1;
    else this.#after(durationMs, () => this.#endConnection());
  }

  #endConnection(): void {
    this.#connections -= 1;
    this.#served += 1;
    this.#count();
    this.#lookSoon();
    this.#tellIdle();
  }

  /** What was asked for on one connection, and how it was answered. */
  #count(): void {
    const { random, disk } = this.world;
    const { rollout } = disk.of(this.generation).settings;
    const requests = rollout === undefined ? 1 : random.pick([1, 5, 20]);
    const quality = disk.qualityOf(this.generation, this.world.nowMs);
    this.counted += requests;
    if (quality === "bad") this.failed += Math.ceil(requests / 2);
    if (quality === "slow") this.slow += requests;
  }

  #lookSoon(): void {
    const { random, profile } = this.world;
    if (this.#isLooking || profile.mostConnections === Number.POSITIVE_INFINITY) return;
    this.#isLooking = true;
    this.#after(random.integer(0, LOOK_MS), () => {
      this.#isLooking = false;
      this.#look();
    });
  }

  /** In a drain nobody new comes. */
  #look(): void {
    if ((this.stage !== "ready" && this.stage !== "standby") || this.#isOrphan) return;
    const { nowMs, profile } = this.world;
    const before = this.#fullness;
    this.#fullness = fullnessAt(before, this.#connections, profile.mostConnections, nowMs);
    const { isFull } = this;
    if (isFull === (before !== undefined)) return;
    this.#say({ type: "full", isFull });
    if (!isFull) this.#acceptWaiting();
  }

  /** Whoever has come is served. */
  #takeAll(): void {
    this.#fullness = undefined;
    this.#acceptWaiting();
  }

  #acceptWaiting(): void {
    for (const address of this.#accepts) {
      const descriptor = this.#shared.get(address);
      if (descriptor !== undefined) this.world.kernel.shared.setAccepting(descriptor, this);
    }
  }

  /** Its app throws outside a request: before it is ready, that is the end of it. */
  throws(times: number): void {
    if (!this.alive || this.hangs || this.#isOrphan) return;
    if (this.stage === "starting") return this.#fail("its app");
    if (this.stage === "ending") return;
    this.thrown.push(times);
    this.#say({ type: "uncaught", error: "thrown", times });
  }

  /** Says that it listens, which it has said already, or does not, or what is no message. */
  lie(): void {
    if (!this.alive || this.hangs || this.#isOrphan || this.binding) return;
    if (this.world.random.chance(0.5)) return this.#say({ type: "bound", addresses: this.#bound });
    this.#tell(() => this.callbacks.onBroken("sent an invalid message: 1"));
  }

  hang(): void {
    this.hangs = true;
  }

  /** Ends the process at once, as a crash or a kill does. */
  die(how: string): void {
    if (!this.alive) return;
    this.alive = false;
    this.stage = "ended";
    this.binding = false;
    for (const address of this.#open) this.world.kernel.close(address, this.id);
    this.#open.clear();
    for (const descriptor of [...this.#given.splice(0), ...this.#shared.values()]) {
      this.world.kernel.closeDescriptor(descriptor);
    }
    this.#shared.clear();
    this.world.living.delete(this);
    this.#tell(() => this.callbacks.onExit(how));
  }

  #beginToLoad(): void {
    const { loadMs, load } = this.fate;
    if (!this.#hasStarted || !this.#mayLoad) return;
    this.#after(loadMs, () => this.#outcome(load, "load", () => this.#load()));
  }

  /** Told to load, it looks first whether that is still what its generation was loaded from. */
  #load(): void {
    const { disk } = this.world;
    const { written } = disk;
    const { number, loads } = written;
    if (this.#expected?.some(isChanged(this.world)) === true) {
      this.#say({ type: "outdated", files: ["/app/app.ts"] });
      return this.#end();
    }
    if (!loads) return this.#fail("load");
    this.loaded = number;
    if (this.#warmsUpFirst) this.#warmUp(() => this.#tellLoaded(written));
    else this.#tellLoaded(written);
  }

  #warmUp(done: () => void): void {
    if (this.isWarm) return done();
    const { warmUp, warmUpMs } = this.fate;
    this.#after(warmUpMs, () =>
      this.#outcome(warmUp, "warm-up", () => {
        this.isWarm = true;
        done();
      }),
    );
  }

  #tellLoaded(written: Version): void {
    const { number } = written;
    const appFiles = this.#expected === undefined ? filesOf(written) : undefined;
    const about = { file: `/app/v${number}.ts`, shape: "fetch", notes: [] };
    this.#say({ type: "loaded", ...about, wantsLead: wantsLead(number), appFiles });
  }

  #bind(addresses: readonly Address[]): void {
    this.binding = true;
    const { bind, boundBefore } = this.fate;
    const wanted = addresses.slice(0, bind === "succeeds" ? undefined : boundBefore);
    const bound: Address[] = [];
    const listen = (at: number): void => {
      const address = wanted[at];
      if (address === undefined) return this.#bindOutcome(bind, bound);
      if (isUnix(address)) throw new Error("simulated Unix sockets are shared");
      const { host, port } = address;
      bound.push({ host, port: port === 0 ? this.world.kernel.freePort() : port });
      const name = formatAddress(bound[at] ?? address);
      this.#open.add(name);
      if (!this.#listen(name)) return this.#cannotListen(name);
      this.#after(this.fate.bindMs, () => listen(at + 1));
    };
    this.#after(this.fate.bindMs, () => listen(0));
  }

  get canAccept(): boolean {
    return this.alive && !this.hangs && !this.isFull;
  }

  #bindShared(addresses: readonly Address[]): void {
    this.binding = true;
    const { bind } = this.fate;
    this.#after(this.fate.bindMs, () => {
      for (const address of addresses) {
        const descriptor = this.#given.shift();
        if (descriptor === undefined) throw new Error("no socket was sent");
        this.#shared.set(formatAddress(address), descriptor);
      }
      // One that says nothing, or lies, is none that a socket could be lost with.
      const outcome = bind === "sends nothing" ? "fails" : bind;
      this.#outcome(outcome, "bind", () => this.#tellBound(addresses));
    });
  }

  #setAccepting(address: string, accepts: boolean): void {
    const descriptor = this.#shared.get(address);
    if (descriptor === undefined) return;
    if (accepts) this.#accepts.add(address);
    else this.#accepts.delete(address);
    this.world.kernel.shared.setAccepting(descriptor, accepts ? this : undefined);
    this.#tellIdle();
  }

  #releaseShared(address: string): void {
    const descriptor = this.#shared.get(address) ?? 0;
    this.#accepts.delete(address);
    this.#shared.delete(address);
    this.world.kernel.closeDescriptor(descriptor);
    this.#say({ type: "released", address });
    this.#tellIdle();
  }

  /** Another master may have the socket: then that is left alone. */
  #leaveShared(address: string): void {
    const descriptor = this.#shared.get(address) ?? 0;
    if (this.world.isHeldByMaster(descriptor)) this.#setAccepting(address, false);
    else this.world.kernel.shared.withdraw(descriptor);
  }

  #bindOutcome(bind: BindOutcome, bound: readonly Address[]): void {
    if (bind !== "sends nothing") return this.#outcome(bind, "bind", () => this.#tellBound(bound));
    // It says that it listens, and has sent no listener, or not all.
    this.binding = false;
    this.#say({ type: "bound", addresses: bound.length > 0 ? bound : [parseAddress("[::]:1")] });
  }

  #listen(name: string): boolean {
    const { kernel, solo } = this.world;
    if (solo) return kernel.listenSolo(name, this.id);
    kernel.listen(name, this.id);
    return true;
  }

  /** One that has its app and listens again lives on; any other one has failed. */
  #cannotListen(address: string): void {
    this.#open.delete(address);
    if (this.stage === "starting") return this.#fail("bind");
    for (const open of this.#open) this.world.kernel.close(open, this.id);
    this.#open.clear();
    this.binding = false;
    this.#say({ type: "failed", reason: "the address is in use" });
  }

  #tellBound(bound: readonly Address[]): void {
    const { kernel, solo } = this.world;
    this.#bound = bound;
    if (!solo && !this.world.isShared && this.master.isAlive) {
      for (const address of bound) {
        this.#sent.push(kernel.duplicate(formatAddress(address), this.id));
      }
    }
    this.binding = false;
    this.#say({ type: "bound", addresses: bound });
    this.#warmUp(() => {
      if (this.stage === "starting") this.stage = "ready";
      this.#say({ type: "ready" });
      this.#lookSoon();
    });
  }

  #outcome(outcome: Outcome, what: string, succeed: () => void): void {
    switch (outcome) {
      case "succeeds":
        return succeed();
      case "fails":
        return this.#fail(what);
      case "dies":
        return this.die(`exit code 1 in ${what}`);
      case "hangs":
        return this.hang();
      default:
        outcome satisfies never;
    }
  }

  #fail(what: string): void {
    this.stage = "ending";
    this.#say({ type: "failed", reason: `${what} failed` });
    this.#end();
  }

  #tellIdle(): void {
    const isIdle = this.#connections === 0 && this.world.nowMs >= this.#idleFromMs;
    if (this.#accepts.size > 0 && !this.#isOrphan) return;
    if (!isIdle || !this.alive || this.hangs || this.#saidIdle) return;
    this.#saidIdle = true;
    if (this.#isOrphan) return this.#end();
    const idle = { type: "idle", served: this.#served } as const;
    this.farewells.idle = idle;
    this.#say(idle);
  }

  #end(): void {
    this.stage = "ending";
    if (!this.fate.stubborn) this.#after(this.fate.endMs, () => this.die("exit code 0"));
  }

  #say(message: FromWorker): void {
    const source = message.type === "lease-wanted" ? "pulse" : "world";
    this.#tell(() => this.callbacks.onMessage(message), source);
  }

  /** Has the master hear of something, in order. */
  #tell(hear: () => void, source: "world" | "pulse" = "world"): void {
    const { world, master } = this;
    this.#lastOutMs = Math.max(this.#lastOutMs, world.nowMs + world.latencyMs());
    world.add(this.#lastOutMs - world.nowMs, source, () => master.attempt(hear));
  }

  #after(delayMs: number, act: () => void): void {
    this.world.later(delayMs, () => {
      if (this.alive && !this.hangs) act();
    });
  }
}
