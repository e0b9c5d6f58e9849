// The master: events → step → effects. It never loads user code.
//
// Signals, messages of workers, exits and the timer become events in one queue. `dispatch` takes them
// one by one through the pure core (core/step.ts) and performs the effects in order, each in a function
// of its own, below. Where a SIGHUP goes: signals.ts → here → core/rollout.ts → `load-config` → plan.ts.
import type { LoadInput } from "../config/load.ts";
import { nextDeadline } from "../core/deadlines.ts";
import type { Effect } from "../core/effects.ts";
import type { Event } from "../core/events.ts";
import { initialState, type State } from "../core/state.ts";
import { step } from "../core/step.ts";
import type { FromWorker } from "../ipc/messages.ts";
import type { Log } from "../log/logger.ts";
import { formatAddress } from "../net/address.ts";
import type { MasterSignal } from "../signals.ts";
import { Listeners } from "./listeners.ts";
import { makePlan, type Plan } from "./plan.ts";
import { DeadlineTimer } from "./timer.ts";
import { WorkerProcess } from "./worker-process.ts";

type EffectOf<T extends Effect["type"]> = Extract<Effect, { readonly type: T }>;

export class Master {
  #state: State;
  readonly #queue: Event[] = [];
  #running = false;
  readonly #timer = new DeadlineTimer(() => this.dispatch({ type: "tick" }));
  readonly #listeners = new Listeners();
  readonly #workers = new Map<number, WorkerProcess>();
  /** By generation; the plan read last belongs to the generation that is spawned next. */
  readonly #plans = new Map<number, Plan>();
  #latest: Plan;
  /** The port that port 0 stands for. */
  #port: number | undefined;
  #stopAnnounced = false;
  #finish: (code: number) => void = () => undefined;

  constructor(
    readonly input: LoadInput,
    plan: Plan,
    readonly log: Log,
  ) {
    this.#latest = plan;
    this.#state = initialState(plan.settings);
  }

  /** Starts the server. Resolves with the exit code when it has ended. */
  run(): Promise<number> {
    return new Promise((finish) => {
      this.#finish = finish;
      this.dispatch({ type: "tick" });
    });
  }

  /** Enqueues an event, and works through the queue unless that is being done already. */
  dispatch(event: Event): void {
    this.#queue.push(event);
    if (this.#running) return;
    this.#running = true;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      const { state, effects } = step(this.#state, next, performance.now());
      this.#state = state;
      for (const effect of effects) this.#perform(effect);
    }
    this.#running = false;
    this.#timer.set(nextDeadline(this.#state));
  }

  signal(signal: MasterSignal): void {
    switch (signal) {
      case "SIGHUP":
        return this.dispatch({ type: "reload-requested" });
      case "SIGTERM":
        return this.dispatch({ type: "stop-requested", mode: "graceful", signal });
      case "SIGINT":
        return this.dispatch({ type: "stop-requested", mode: "impatient", signal });
      case "SIGQUIT":
        return this.dispatch({ type: "stop-requested", mode: "now", signal });
      case "SIGTTIN":
        return this.dispatch({ type: "scale-requested", by: 1, signal });
      case "SIGTTOU":
        return this.dispatch({ type: "scale-requested", by: -1, signal });
      default:
        signal satisfies never;
    }
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case "log":
        return this.log(effect.level, effect.event, effect.message);
      case "load-config":
        return void this.#loadConfig();
      case "spawn":
        return this.#spawn(effect);
      case "bind":
        return this.#bind(effect.worker);
      case "steer":
        return this.#listeners.steer(effect.address, effect.program);
      case "close-listener":
        return this.#closeListener(effect);
      case "quiet-listener":
        return this.#listeners.quiet(effect.address, effect.worker);
      case "release-listener":
        return this.#workers.get(effect.worker)?.send({ type: "release", address: effect.address });
      case "drain":
        return this.#drain(effect);
      case "stop":
      case "force":
        return this.#workers.get(effect.worker)?.send({ type: effect.type });
      case "kill":
        return this.#workers.get(effect.worker)?.kill();
      case "listening":
        return this.#tellListening(effect.addresses);
      case "announce-stop":
        return this.#announceStop();
      case "reload-ended":
        if (effect.outcome === "rejected") this.#plans.delete(effect.generation);
        return;
      case "exit":
        return this.#finish(effect.code);
      default:
        effect satisfies never;
    }
  }

  async #loadConfig(): Promise<void> {
    const held = { port: this.#port, addresses: this.#listeners.addresses };
    const result = await makePlan(this.input, held);
    if (!result.ok) {
      this.dispatch({ type: "config-rejected", reason: result.errors.join("\n") });
      return;
    }
    for (const warning of result.warnings) this.log("warn", "config-warning", warning);
    this.#latest = result.plan;
    this.dispatch({ type: "config-loaded", settings: result.plan.settings });
  }

  #planOf(generation: number): Plan {
    const plan = this.#plans.get(generation) ?? this.#latest;
    this.#plans.set(generation, plan);
    return plan;
  }

  #spawn({ worker, generation, slot }: EffectOf<"spawn">): void {
    const { config, app, folder } = this.#planOf(generation);
    try {
      const process = new WorkerProcess({ worker, generation, slot }, folder, {
        onMessage: (message) => this.#receive(worker, generation, message),
        onExit: (how) => this.#exited(worker, how),
      });
      this.#workers.set(worker, process);
      process.send({
        type: "load",
        app,
        worker,
        generation,
        startupTimeoutMs: config.startupTimeoutMs,
        shutdownTimeoutMs: config.shutdownTimeoutMs,
        keepAliveTimeoutMs: config.keepAliveTimeoutMs,
        healthCheckPath: config.healthCheckPath,
        master: globalThis.process.pid,
      });
    } catch (error) {
      this.dispatch({ type: "worker-exited", worker, how: `it could not be spawned: ${error}` });
    }
  }

  #receive(worker: number, generation: number, message: FromWorker): void {
    switch (message.type) {
      case "started":
      case "ready":
      case "idle":
        return this.dispatch({ type: `worker-${message.type}`, worker });
      case "loaded":
        return this.#loaded(worker, generation, message);
      case "bound":
        return this.#bound(worker, message);
      case "failed":
        return this.dispatch({ type: "worker-failed", worker, reason: message.reason });
      case "released":
        return this.dispatch({ type: "listener-released", worker, address: message.address });
      case "forced":
        return this.dispatch({ type: "worker-forced", worker, unfinished: message.unfinished });
      default:
        message satisfies never;
    }
  }

  /** The first of a generation to load decides which file the others load. */
  #loaded(worker: number, generation: number, loaded: Extract<FromWorker, { type: "loaded" }>): void {
    const plan = this.#planOf(generation);
    if (plan.app.file === undefined) {
      this.#plans.set(generation, { ...plan, app: { ...plan.app, file: loaded.file } });
      for (const note of loaded.notes) this.log("warn", "app-note", note);
    }
    this.dispatch({ type: "worker-loaded", worker });
  }

  #bind(worker: number): void {
    const { generation } = this.#state.workers.get(worker) ?? {};
    if (generation === undefined) return;
    const addresses = this.#planOf(generation).addresses.map(({ host, port }) => ({
      host,
      port: port === 0 ? (this.#port ?? 0) : port,
    }));
    this.#workers.get(worker)?.send({ type: "bind", addresses });
  }

  #bound(worker: number, { addresses }: Extract<FromWorker, { type: "bound" }>): void {
    const isFirst = this.#listeners.addresses.length === 0;
    const process = this.#workers.get(worker);
    for (const address of addresses) {
      const descriptor = process?.takeListener();
      if (descriptor === undefined) throw new Error(`worker ${worker} sent no listener`);
      this.#listeners.add(formatAddress(address), worker, descriptor);
    }
    const plan = this.#planOf(this.#state.workers.get(worker)?.generation ?? 0);
    if (plan.config.port === 0) this.#port ??= addresses[0]?.port;
    const [first] = addresses;
    const problem =
      isFirst && first !== undefined
        ? this.#listeners.steeringProblem(formatAddress(first))
        : undefined;
    if (problem !== undefined) this.dispatch({ type: "steering-refused", reason: problem });
    const names = addresses.map((address) => formatAddress(address));
    this.dispatch({ type: "worker-bound", worker, addresses: names });
  }

  #exited(worker: number, how: string): void {
    this.#workers.get(worker)?.dispose();
    this.#workers.delete(worker);
    this.dispatch({ type: "worker-exited", worker, how });
  }

  #closeListener({ address, worker, during, after }: EffectOf<"close-listener">): void {
    this.#listeners.close(address, worker, during, after);
  }

  #drain({ worker, reason, timeoutMs, closeIdle }: EffectOf<"drain">): void {
    this.#workers.get(worker)?.send({ type: "drain", reason, timeoutMs, closeIdle });
  }

  #tellListening(addresses: readonly string[]): void {
    for (const address of addresses) this.log("info", "listening", `Listening on http://${address}`);
  }

  #announceStop(): void {
    if (this.#stopAnnounced) return;
    this.#stopAnnounced = true;
    for (const worker of this.#workers.values()) worker.send({ type: "announce-stop" });
  }
}
