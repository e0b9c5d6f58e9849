// The plans of the generations that there are, and what their workers have found out on the way.
import type { Address } from "../net/address.ts";
import type { ExecutableFiles } from "./executable-file.ts";
import type { Plan } from "./plan.ts";

export class Plans {
  /** By generation. */
  readonly #plans = new Map<number, Plan>();
  /** Read last: it belongs to the generation that is spawned next. */
  #latest: Plan;
  /** The port that port 0 stands for, once a worker has got one. */
  #port: number | undefined;

  constructor(
    first: Plan,
    readonly executables: ExecutableFiles,
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
    const plan = this.#plans.get(generation) ?? this.#latest;
    this.#plans.set(generation, plan);
    return plan;
  }

  /** Forgets the plans of all generations but these. */
  keepOnly(generations: ReadonlyMap<number, unknown>): void {
    this.executables.keepOnly(generations);
    for (const generation of this.#plans.keys()) {
      if (!generations.has(generation)) this.#plans.delete(generation);
    }
  }

  /** The addresses that workers of a generation bind: port 0 is the first worker's port from then on. */
  addressesOf(generation: number): Address[] {
    return this.of(generation).addresses.map(({ host, port }) => ({
      host,
      port: port === 0 ? (this.#port ?? 0) : port,
    }));
  }

  /** A worker has bound its addresses. */
  noteBound(generation: number, addresses: readonly Address[]): void {
    if (this.of(generation).config.port === 0) this.#port ??= addresses[0]?.port;
  }

  /** A worker has loaded `file`: the others of its generation load the same. Whether it was the first. */
  noteLoaded(generation: number, file: string): boolean {
    const plan = this.of(generation);
    if (plan.app.file !== undefined) return false;
    this.#plans.set(generation, { ...plan, app: { ...plan.app, file } });
    return true;
  }
}
