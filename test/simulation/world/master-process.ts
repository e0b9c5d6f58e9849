// A simulated process in which a real Master runs, as master/main.ts starts it: what it has of the
// world, and its end. A second one is started by a first that hands over to it.
import type { Log } from "../../../src/log/logger.ts";
import { UNWATCHED } from "../../core/scenario.ts";
import type { Settings } from "../../../src/core/settings.ts";
import { Predecessor } from "../../../src/master/handover/predecessor.ts";
import type { MakeLoop } from "../../../src/master/loop.ts";
import { Master } from "../../../src/master/master.ts";
import type { Held, Plan, PlanResult } from "../../../src/master/plan/plan.ts";
import { REST_LOOK_MS } from "../../../src/master/workers/watchdog.ts";
import { MEASURE_EACH_MS } from "../../../src/master/workers/wear.ts";
import type {
  PredecessorChannel,
  SuccessorCallbacks,
  SuccessorHandle,
  Surroundings,
} from "../../../src/master/surroundings.ts";
import { capabilitiesOf } from "../../../src/platform.ts";
import type { MasterSignal } from "../../../src/signals.ts";
import { startCommand } from "./command.ts";
import { SimulatedClock } from "./clock.ts";
import { planOf, SimulatedConfiguration } from "./configuration.ts";
import { isChanged } from "./disk.ts";
import { SimulatedLog } from "./log.ts";
import { SimulatedPages } from "./pages.ts";
import { SimulatedSockets } from "./sockets.ts";
import { spawnWorker } from "./spawn.ts";
import type { Home } from "./worker/home.ts";
import type { SimulatedWorker } from "./worker/worker.ts";
import type { World } from "./world.ts";

/** Looks on at what the masters of a run do. */
export interface Onlooker {
  /** The control loop for a master in `process`. */
  makeLoop(process: MasterProcess): MakeLoop;
  onLog(process: MasterProcess, entry: Parameters<Log>): void;
  /** Another process is started. Throws where none can be had. */
  startSuccessor(process: MasterProcess, callbacks: SuccessorCallbacks): SuccessorEnd;
  /** The process has ended. @param code `undefined`: by a signal */
  onExit(process: MasterProcess, code: number | undefined): void;
}

/** The successor's end of its connection to the predecessor. */
interface PredecessorEnd extends PredecessorChannel {
  /** The successor has ended. */
  end(): void;
}

/** The predecessor's end. */
interface SuccessorEnd extends SuccessorHandle {
  /** The predecessor has ended. */
  lose(): void;
}

const NOTHING_HELD = { port: undefined, addresses: [], uid: undefined };

const NOBODY = { onPlan: () => undefined, onFiles: () => undefined, onEffect: () => undefined };

export class MasterProcess implements Home {
  isAlive = true;
  /** It does nothing any more, and has not ended. */
  hangs = false;
  master: Master | undefined;
  /** The workers that it has spawned. */
  readonly workers = new Set<SimulatedWorker>();
  readonly sockets: SimulatedSockets;
  /** From the configuration that it has read itself. */
  settings: Settings | undefined;
  /** It tells whoever has started it. */
  onEnd: (how: string) => void = () => undefined;
  readonly #clock: SimulatedClock;
  readonly surroundings: Surroundings;
  readonly #configuration: SimulatedConfiguration;
  #successor: SuccessorEnd | undefined;
  readonly #early: MasterSignal[] = [];

  /** @param predecessor this end of the connection to the master that it is to take over from */
  constructor(
    readonly world: World,
    readonly onlooker: Onlooker,
    readonly pid: number,
    readonly predecessor?: PredecessorEnd,
  ) {
    const attempt = (act: () => void): void => this.attempt(act);
    this.sockets = new SimulatedSockets(world);
    this.#clock = new SimulatedClock(world, attempt);
    this.#configuration = new SimulatedConfiguration(world, attempt);
    this.surroundings = {
      system: capabilitiesOf(world.solo ? "darwin" : "linux"),
      dev: world.isDev ? NOBODY : undefined,
      clock: this.#clock,
      process: {
        pid,
        startedSeconds: 0,
        supervision: () => UNWATCHED,
        isHangup: () => false,
        random: () => world.random.fraction(),
        memory: ([other]) => ({
          master: 0,
          ...(other !== undefined && { worker: world.worker(other - 1000).memoryBytes }),
        }),
        releaseCode: () => undefined,
      },
      spawnWorker: ({ worker, generation }, { plan, page }, callbacks) => {
        const spawned = spawnWorker(this, { worker, generation, plan, page }, callbacks);
        this.workers.add(spawned);
        return spawned;
      },
      // A hint, from which nothing follows.
      expectWorker: () => undefined,
      startCommand: ({ generation }, { onExit }) =>
        startCommand(world, generation, attempt, onExit),
      otherProcess: (other) => ({
        isRunning: () => world.worker(other - 1000).alive,
        kill: () => world.worker(other - 1000).die("signal SIGKILL"),
      }),
      startSuccessor: (callbacks) => {
        this.#successor = onlooker.startSuccessor(this, callbacks);
        return this.#successor;
      },
      sockets: this.sockets,
      pages: new SimulatedPages(world),
      configuration: this.#configuration,
      makeLogs: () => undefined,
      changedFiles: (files) => files.filter(isChanged(world)).map(({ path }) => path),
      executables: { path: "/usr/bin/pounce", of: (g) => `pounce ${g}`, forget: () => undefined },
      log: new SimulatedLog((...entry) => onlooker.onLog(this, entry)),
      serveMetrics: () => ({ addresses: [], use: () => undefined, close: () => undefined }),
    };
  }

  /**
   * It goes on alone when its predecessor dies: it has been offered the server and has a
   * configuration, and has not failed.
   */
  get willServe(): boolean {
    if (!this.isAlive || this.hangs) return false;
    const { master } = this;
    if (master === undefined) return this.#configuration.readsWell;
    return master.loop.state.succession.name !== "failed";
  }

  /** Starts the first master, with a configuration that is known to be good. */
  start(): void {
    const result = planOf(this.world.disk.written, NOTHING_HELD, this.world.isShared);
    if (!result.ok) throw new Error("the first version is not valid");
    this.#serve(result.plan, undefined);
  }

  /** Starts as a successor: says hello, reads the configuration, serves. */
  takeOver(channel: PredecessorChannel): void {
    const predecessor = new Predecessor(channel, this.#clock);
    predecessor.open((problem) => {
      if (problem !== undefined) return this.#refuse(predecessor, problem);
      this.#read(predecessor.held, (result) => {
        if (!result.ok) return this.#refuse(predecessor, result.errors.join("\n"));
        this.#serve(result.plan, predecessor);
      });
    });
  }

  #read(held: Held, done: (result: PlanResult) => void): void {
    const failed = (): void => done({ ok: false, cause: "config", errors: ["EMFILE"] });
    this.surroundings.configuration.read(held, done, failed);
  }

  #refuse(predecessor: Predecessor, reason: string): void {
    predecessor.send({ type: "failed", reason });
    this.#end("exit code 2", 2);
  }

  #serve(plan: Plan, predecessor: Predecessor | undefined): void {
    const ownership = {
      predecessor,
      onServer: () => undefined,
      onHandedOver: () => undefined,
      onTurn: () => undefined,
    };
    const makeLoop = this.onlooker.makeLoop(this);
    this.settings = plan.settings;
    const master = new Master(this.surroundings, plan, ownership, makeLoop);
    this.master = master;
    const ended = master.run();
    for (const signal of this.#early) this.attempt(() => master.signal(signal));
    void ended.then((code) => this.#end(`exit code ${code}`, code));
  }

  /** From then on it looks by itself, for as long as there is something to see. */
  watch(): void {
    this.world.later(0, () => this.#clock.repeat(REST_LOOK_MS));
  }

  /** Looks how worn its workers are. */
  measure(): void {
    this.#clock.repeat(MEASURE_EACH_MS);
  }

  take(descriptor: number): number {
    return this.sockets.take(descriptor);
  }

  /** What comes before there is a master is kept for it. */
  signal(signal: MasterSignal): void {
    if (this.master === undefined) this.#early.push(signal);
    else this.attempt(() => this.master?.signal(signal));
  }

  /** Does something in this process: what is thrown there is an uncaught exception of it. */
  attempt(act: () => void): void {
    if (!this.isAlive || this.hangs) return;
    try {
      act();
    } catch (error) {
      if (this.master === undefined) throw error;
      this.master.fail(error);
    }
  }

  /** Ends it as `kill -9` does. */
  die(): void {
    this.#end("signal SIGKILL", undefined);
  }

  #end(how: string, code: number | undefined): void {
    if (!this.isAlive) return;
    this.onlooker.onExit(this, code);
    this.isAlive = false;
    this.#clock.end();
    this.sockets.end();
    for (const worker of this.workers) {
      worker.dispose();
      this.world.later(this.world.latencyMs(), () => worker.orphan());
    }
    this.predecessor?.end();
    this.#successor?.lose();
    this.onEnd(how);
  }
}
