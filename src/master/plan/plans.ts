// The plans of the generations that there are, and what their workers have found out on the way.
import type { Address } from "../../net/address.ts";
import type { ReservedPort } from "../../net/shared-port.ts";
import type { Executables, ListenerSockets } from "../surroundings.ts";
import type { Plan } from "./plan.ts";

export class Plans {
  /** By generation. */
  readonly #plans = new Map<number, Plan>();
  /** Read last: it belongs to the generation that is spawned next. */
  #latest: Plan;
  /** The port that port 0 stands for, once a worker has got one. */
  #port: number | undefined;
  /** That port, where it was chosen before anybody has bound it. */
  #reserved: ReservedPort | undefined;

  constructor(
    first: Plan,
    readonly executables: Executables,
    readonly sockets: Pick<ListenerSockets, "reservePort">,
  ) {
    this.#latest = first;
  }

  get port(): number | undefined {
    return this.#port;
  }

  add(plan: Plan): void {
    this.#latest = plan;
  }

  of(generation: number): Plan {
    const plan = this.#plans.get(generation) ?? this.#next(generation);
    this.#plans.set(generation, plan);
    return plan;
  }

  /** The plan of a new generation, which is told what the one before had. */
  #next(generation: number): Plan {
    const older = [...this.#plans.keys()].filter((number) => number < generation);
    const before = this.#plans.get(Math.max(...older));
    const { app } = this.#latest;
    return { ...this.#latest, app: { ...app, ownHono: before?.app.ownHono } };
  }

  /** Forgets the plans of all generations but these. */
  keepOnly(generations: ReadonlyMap<number, unknown>): void {
    this.executables.keepOnly(generations);
    for (const generation of this.#plans.keys()) {
      if (!generations.has(generation)) this.#plans.delete(generation);
    }
  }

  /**
   * The addresses that workers of a generation bind. For port 0 the kernel chooses when the first
   * worker binds; that is everyone's port from then on. Where it must be free on several addresses,
   * it is chosen and reserved here before. Throws where there is none.
   */
  addressesOf(generation: number): Address[] {
    const { addresses, config } = this.of(generation);
    const hosts = addresses.map(({ host }) => host);
    if (config.port === 0 && this.#port === undefined && hosts.length > 1) {
      this.#reserved = this.sockets.reservePort(hosts);
      this.#port = this.#reserved.port;
    }
    return addresses.map(({ host, port }) => ({
      host,
      port: port === 0 ? (this.#port ?? 0) : port,
    }));
  }

  /** A worker has bound its addresses. */
  noteBound(generation: number, addresses: readonly Address[]): void {
    if (this.of(generation).config.port === 0) this.#port ??= addresses[0]?.port;
    this.#reserved?.release();
    this.#reserved = undefined;
  }

  /**
   * A worker has loaded `file`: the others of its generation load the same. Whether it was the
   * first.
   */
  noteLoaded(generation: number, file: string, ownHono: string | undefined): boolean {
    const plan = this.of(generation);
    if (plan.app.file !== undefined) return false;
    this.#plans.set(generation, { ...plan, app: { ...plan.app, file, ownHono } });
    return true;
  }
}
