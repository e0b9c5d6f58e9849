// The effects that the core asks for (core/effects.ts), performed: each in one line or one
// function.
import type { Program } from "../core/moves/accept-group.ts";
import type { Effect } from "../core/effects.ts";
import { formatDuration } from "../core/duration.ts";
import { message as words } from "../core/messages.ts";
import { hasServer, servingGeneration } from "../core/predicates.ts";
import { sharingOf } from "../core/sharing/sharing-of.ts";
import { version } from "../version.ts";
import type { Handover } from "./handover/handover.ts";
import type { Listeners } from "./workers/listeners.ts";
import type { ControlLoop } from "./loop.ts";
import type { PlanResult } from "./plan/plan.ts";
import type { Plans } from "./plan/plans.ts";
import type { Succession } from "./handover/succession.ts";
import type { MetricsPort, Surroundings } from "./surroundings.ts";
import type { Workers } from "./workers/workers.ts";

/** What effects act on. */
export interface EffectTargets {
  readonly surroundings: Surroundings;
  readonly loop: ControlLoop;
  readonly plans: Plans;
  readonly workers: Workers;
  readonly listeners: Listeners;
  readonly metricsServer: MetricsPort;
  readonly handover: Handover;
  readonly succession: Succession;
  /** Tells whoever has asked. */
  readonly answer: (effect: Extract<Effect, { readonly type: "answer" }>) => void;
  /** Ends the server. */
  readonly finish: (code: number) => void;
}

/**
 * How long a configuration may take to be read and checked: the name of a host is looked up for it.
 */
const PLAN_MS = 30_000;
const TOO_SLOW: PlanResult = {
  ok: false,
  cause: "config",
  errors: [`the configuration was not read within ${formatDuration(PLAN_MS)}`],
};

export class Performer {
  /** The log has said who serves what. */
  #hasTold = false;

  constructor(readonly targets: EffectTargets) {}

  /**
   * Performs one. Some take their time, and resolve when it is done. Throws, or rejects, where it
   * fails.
   */
  perform(effect: Effect): void | Promise<void> {
    const { workers, listeners, plans, loop, handover, succession, surroundings } = this.targets;
    switch (effect.type) {
      case "log":
        return this.#log(effect);
      case "load-config":
        return this.#loadConfig(effect);
      case "spawn":
        return this.#spawn(effect);
      case "bind":
        return workers.bind(effect.worker);
      case "steer":
        return listeners.steer(effect.address, effect.program);
      case "probe-steering":
        return this.#probeSteering(effect.address, effect.program);
      case "close-listener":
        return listeners.close(effect.address, effect.worker, effect);
      case "divert":
        return listeners.divert(effect.address, effect.listeners);
      case "quiet-listener":
        return listeners.quiet(effect.address, effect.worker);
      case "release-listener":
        return workers.send(effect.worker, { type: "release", address: effect.address });
      case "drain": {
        const { worker, type, reason, timeoutMs, closeIdle } = effect;
        return workers.send(worker, { type, reason, timeoutMs, closeIdle });
      }
      case "stop":
      case "force":
        return workers.send(effect.worker, { type: effect.type });
      case "kill":
        return workers.kill(effect.worker);
      case "listening":
        this.#placeMetrics();
        return this.#tellListening(effect.addresses);
      case "health":
        return workers.sendAll({ type: "health", draining: effect.draining });
      case "answer":
        return this.targets.answer(effect);
      case "reload-ended":
        surroundings.process.releaseCode();
        this.#placeMetrics();
        return plans.keepOnly(loop.state.generations);
      case "hand-over":
        return handover.begin();
      case "abort-handover":
        return handover.fail(effect.reason, effect.atOnce);
      case "grant":
        return handover.grant();
      case "claim":
        return succession.predecessor?.send({ type: "claim" });
      case "taken-over":
        return this.#takenOver();
      case "exit":
        this.targets.metricsServer.close();
        return this.targets.finish(effect.code);
      default:
        effect satisfies never;
    }
  }

  /** The log is written as the generation that serves has it. */
  #log({ level, event, message, fields }: Extract<Effect, { readonly type: "log" }>): void {
    const { loop, plans, surroundings } = this.targets;
    const { serving } = loop.state;
    if (serving !== undefined) surroundings.log.use(plans.of(serving).config.log);
    surroundings.log.log(level, event, message, fields);
  }

  /** Metrics are where the generation that serves has them. */
  #placeMetrics(): void {
    const { loop, metricsServer, plans } = this.targets;
    const { serving } = loop.state;
    if (serving !== undefined) metricsServer.use(plans.of(serving).metrics);
  }

  #spawn(effect: Extract<Effect, { readonly type: "spawn" }>): void {
    const { loop, succession, workers } = this.targets;
    if (!hasServer(loop.state)) {
      succession.predecessor?.send({ type: "spawned", worker: effect.worker });
    }
    workers.spawn(effect);
  }

  /** An answer that comes too late is none. */
  #loadConfig(effect: Effect): void {
    const { listeners, loop, metricsServer, plans, surroundings } = this.targets;
    const ours = [...listeners.addresses, ...sharingOf(loop.state).addresses(loop.state)];
    const addresses = [...ours, ...metricsServer.addresses];
    const held = { port: plans.port, addresses };
    const { clock, configuration } = surroundings;
    let isAnswered = false;
    const once =
      <T>(answer: (given: T) => void) =>
      (given: T): void => {
        if (isAnswered) return;
        isAnswered = true;
        cancel();
        answer(given);
      };
    const done = once((result: PlanResult) => this.#planned(result));
    const failed = once((error: unknown) => loop.failed(effect, error));
    const cancel = clock.after(PLAN_MS, () => done(TOO_SLOW));
    configuration.read(held, done, failed);
  }

  #planned(result: PlanResult): void {
    const { loop, plans, surroundings } = this.targets;
    if (!result.ok) {
      loop.dispatch({ type: "config-rejected", reason: result.errors.join("\n") });
      return;
    }
    for (const warning of result.warnings) surroundings.log.log("warn", "config-warning", warning);
    plans.add(result.plan);
    loop.dispatch({ type: "config-loaded", settings: result.plan.settings });
  }

  /**
   * What serves from now on, for whoever reads a log much later: which version of what, and who.
   */
  #tellServing(): void {
    const { loop, plans, surroundings } = this.targets;
    const generation = servingGeneration(loop.state);
    if (generation === undefined) return;
    const { config, settings } = plans.of(generation.number);
    const [app, workers, pid] = [settings.appLabel, generation.target, surroundings.process.pid];
    const about = { version, pid, app, workers, config: config.file, bun: Bun.version };
    surroundings.log.log("info", "serving", words.serves(version, pid, app, workers), about);
  }

  #probeSteering(address: string, program: Program): void {
    const { listeners, loop } = this.targets;
    const problem = listeners.steeringProblem(address, program);
    if (problem === undefined) loop.dispatch({ type: "steering-works" });
  }

  #tellListening(addresses: readonly string[]): void {
    if (!this.#hasTold) this.#tellServing();
    this.#hasTold = true;
    for (const address of addresses) {
      const line = `Listening on http://${address}`;
      this.targets.surroundings.log.log("info", "listening", line, { address });
    }
  }

  #takenOver(): void {
    const { listeners, succession, surroundings, workers } = this.targets;
    const { log } = surroundings;
    const pid = succession.predecessor?.pid ?? 0;
    // The old master may have been asked to open them anew meanwhile.
    log.reopen();
    workers.sendAll({ type: "reopen-log" });
    log.log("info", "took-over", words.tookOver(pid, listeners.addresses), { pid });
    this.#placeMetrics();
    this.#tellServing();
    this.#hasTold = true;
    succession.onServer();
  }
}
