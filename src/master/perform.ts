// Performs the effects that the core asks for (core/effects.ts): each in one line or one function.
import type { Program } from "../core/moves/accept-group.ts";
import type { Effect, EffectOf } from "../core/effects.ts";
import { expectedWorker } from "../core/expected-worker.ts";
import { urlOf } from "../core/address-name.ts";
import { message as words } from "../core/messages.ts";
import { isUnix, parseAddress } from "../net/address.ts";
import { version } from "../version.ts";
import type { Handover } from "./handover/handover.ts";
import type { Listeners } from "./workers/listeners.ts";
import type { ControlLoop } from "./loop.ts";
import type { PlanResult } from "./plan/plan.ts";
import type { Plans } from "./plan/plans.ts";
import type { Ownership } from "./handover/ownership.ts";
import type { Comparisons } from "./rollout/comparison.ts";
import type { MetricsPort, Surroundings } from "./surroundings.ts";
import type { Verification } from "./rollout/verification.ts";
import type { Workers } from "./workers/workers.ts";

interface EffectTargets {
  readonly surroundings: Surroundings;
  readonly loop: Pick<ControlLoop, "dispatch" | "failed" | "state">;
  readonly plans: Plans;
  readonly workers: Workers;
  readonly listeners: Listeners;
  readonly metricsServer: MetricsPort;
  readonly comparisons: Comparisons;
  readonly handover: Handover;
  readonly verification: Verification;
  readonly ownership: Ownership;
  /** Gives a command its answer. */
  readonly answer: (effect: EffectOf<"answer">) => void;
  /** Ends the server. */
  readonly finish: (code: number) => void;
}

export class Performer {
  constructor(readonly targets: EffectTargets) {}

  /**
   * Performs one effect. Some take time, and resolve when it is done. Throws, or rejects, if it
   * fails.
   */
  perform(effect: Effect): void | Promise<void> {
    const { workers, listeners, plans, handover, ownership, surroundings } = this.targets;
    const { comparisons, verification } = this.targets;
    switch (effect.type) {
      case "log":
        return surroundings.log.log(effect.level, effect.event, effect.message, effect.fields);
      case "load-config":
        return this.#loadConfig(effect);
      case "check-config":
        return this.#checkConfig(effect);
      case "use-config":
        return this.#useConfig(effect.generation);
      case "forget-config":
        plans.forget(effect.generation);
        workers.pages.forget(effect.generation);
        return listeners.shared.keepOnly(plans.addresses);
      case "tell-serving":
        return this.#tellServing(effect);
      case "spawn":
        return workers.spawn(effect);
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
        return listeners.quiet(effect.address, effect.worker, effect.isKept);
      case "release-listener":
        return workers.send(effect.worker, { type: "release", address: effect.address });
      case "drain": {
        const { worker, ...order } = effect;
        return workers.send(worker, order);
      }
      case "spread":
        return workers.send(effect.worker, { type: "spread", isOn: effect.isOn });
      case "link":
        return workers.link(effect);
      case "carry":
        return workers.send(effect.worker, { type: "carry", workers: effect.to });
      case "standby":
        return workers.send(effect.worker, { type: "standby", isOn: effect.isOn });
      case "lead":
      case "lease": {
        const { worker, type, untilMs } = effect;
        const leftMs = untilMs - surroundings.clock.now();
        const machineMs = surroundings.clock.machineMs() + leftMs;
        return workers.send(worker, { type, untilMs: machineMs });
      }
      case "resign":
        return workers.send(effect.worker, { type: "resign" });
      case "begin-comparison":
        return comparisons.begin(effect);
      case "measure":
        return this.#measure(effect.generation);
      case "end-comparison":
        return comparisons.end(effect.generation);
      case "verify":
        return verification.begin(effect);
      case "end-verify":
        return verification.end();
      case "stop":
      case "force":
        return workers.send(effect.worker, { type: effect.type });
      case "kill":
        return workers.kill(effect.worker);
      case "health":
        return workers.sendAll({ type: "health", draining: effect.draining });
      case "answer":
        return this.targets.answer(effect);
      case "reload-ended":
        return surroundings.process.releaseCode();
      case "reload-began":
      case "reload-drains":
      case "reload-steered":
      case "reload-undone":
      case "worker-crashed":
      case "worker-respawned":
      case "worker-hung":
      case "worker-recycled":
        // Only for receipts and metrics, see reports/.
        return;
      case "start-successor":
        return handover.start();
      case "offer":
        return handover.offer(effect);
      case "stop-successor":
        return handover.stop();
      case "kill-successor":
        return handover.kill();
      case "forget-successor":
        return handover.forget();
      case "grant":
        return handover.grant(effect);
      case "reserve-number":
        return ownership.predecessor?.send({ type: "spawned", worker: effect.worker });
      case "claim":
        return ownership.predecessor?.send({ type: "claim" });
      case "taken-over":
        return this.#takenOver(effect.addresses);
      case "exit":
        this.targets.metricsServer.close();
        verification.end();
        listeners.shared.keepOnly([]);
        return this.targets.finish(effect.code);
      default:
        effect satisfies never;
    }
  }

  /** Moves the log and the metrics to where this generation has them. */
  #useConfig(generation: number): void {
    const { surroundings, listeners, metricsServer, plans } = this.targets;
    const { config, metrics, runsAs } = plans.of(generation);
    surroundings.log.use(config.log);
    metricsServer.use(metrics);
    if (config.uds !== undefined) listeners.shared.permit(config.uds, runsAs?.identity.gid);
  }

  #loadConfig(effect: EffectOf<"load-config">): void {
    const { listeners, loop, metricsServer, plans, surroundings, workers } = this.targets;
    workers.expect(expectedWorker(loop.state), loop.state.serving);
    const { shared } = listeners;
    // Of a Unix socket that was given up only old workers are left: it is made anew.
    const isGivenUp = (address: string): boolean =>
      isUnix(parseAddress(address)) && shared.has(address);
    const held = effect.held.filter((address) => !isGivenUp(address));
    const addresses = [...held, ...shared.addresses, ...metricsServer.addresses];
    const { configuration } = surroundings;
    configuration.read(
      { port: plans.port, addresses, uid: plans.uid, sharesPorts: plans.sharesPorts },
      (result) => this.#planned(effect.generation, result),
      (error) => loop.failed(effect, error),
    );
  }

  #checkConfig(effect: EffectOf<"check-config">): void {
    const { loop, plans, surroundings } = this.targets;
    const { generation } = effect;
    surroundings.configuration.check(
      plans.port,
      (problem) => loop.dispatch({ type: "config-checked", generation, problem }),
      (error) => loop.failed(effect, error),
    );
  }

  #planned(generation: number, result: PlanResult): void {
    const { loop, plans, surroundings } = this.targets;
    if (!result.ok) {
      const reason = result.errors.join("\n");
      return loop.dispatch({ type: "config-rejected", generation, reason });
    }
    const { plan, warnings } = result;
    plans.put(generation, plan);
    surroundings.dev?.onPlan(plan);
    loop.dispatch({ type: "config-loaded", generation, settings: plan.settings, warnings });
  }

  /** Logs which version of pounce serves which app, for people who read the log later. */
  #tellServing({ generation, app, workers }: EffectOf<"tell-serving">): void {
    const { plans, surroundings } = this.targets;
    const { pid } = surroundings.process;
    const config = plans.of(generation).config.file;
    const about = { version, pid, app, workers, config, bun: Bun.version };
    surroundings.log.log("info", "serving", words.serves(version, pid, app, workers), about);
  }

  #measure(generation: number): void {
    const comparison = this.targets.comparisons.measure(generation);
    this.targets.loop.dispatch({ type: "measured", generation, comparison });
  }

  #probeSteering(address: string, program: Program): void {
    const { listeners, loop } = this.targets;
    const problem = listeners.steeringProblem(address, program);
    if (problem === undefined) loop.dispatch({ type: "steering-works" });
  }

  #takenOver(addresses: readonly string[]): void {
    const { loop, ownership, surroundings, workers } = this.targets;
    const { log } = surroundings;
    const pid = ownership.predecessor?.pid ?? 0;
    // The predecessor may have been asked to reopen the logs since this master opened them.
    log.reopen();
    workers.sendAll({ type: "reopen-log" });
    const { isSecure } = loop.state.settings;
    const urls = addresses.map((address) => urlOf(address, isSecure));
    log.log("info", "took-over", words.tookOver(pid, urls), { pid });
    ownership.onServer();
  }
}
