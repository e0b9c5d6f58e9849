// Renews the certificates that are served, without new workers: the files are read again, and what
// is in them is passed to the workers, which put it into force (worker/serve/renewal.ts). The
// decisions about generations and workers do not depend on any of that.
import { message as words } from "../../core/messages.ts";
import { hasServer, isStopping } from "../../core/predicates.ts";
import type { State } from "../../core/state.ts";
import type { CertificateInfo } from "../../tls/certificate.ts";
import { inShort } from "../../tls/words.ts";
import type { Plan } from "../plan/plan.ts";
import type { Plans } from "../plan/plans.ts";
import type { PlannedTls, TlsResult } from "../plan/tls.ts";
import type { OrderedDomain } from "../reports/certificates.ts";
import type { Surroundings } from "../surroundings.ts";
import type { Workers } from "../workers/workers.ts";
import type { Renewal } from "./renewal.ts";
import { Orders } from "./orders.ts";
import { Watch } from "./watch.ts";

/** How long a worker may take to put certificates into force. */
const ANSWER_MS = 10_000;
/** How often to look whether one that is waited for is still there. */
const LOOK_MS = 100;

interface Asked {
  readonly awaited: Set<number>;
  readonly problems: string[];
}

export class Certificates {
  /** What workers were asked, by its id. */
  readonly #asked = new Map<number, Asked>();
  #nextId = 0;
  #latest: Promise<unknown> = Promise.resolve();
  #orders: Orders | undefined;
  #isLoadingOrders = false;

  constructor(
    readonly surroundings: Surroundings,
    readonly plans: Plans,
    readonly workers: Workers,
    readonly state: () => State,
  ) {
    const { certificateFiles, certificateOrders, clock, log } = surroundings;
    if (certificateFiles === undefined) return;
    const watch = new Watch(clock, certificateFiles, log.log, () => this.renew());
    clock.every(Watch.intervalMs, () => {
      const plan = this.#isOurs ? this.#plan : undefined;
      watch.look(plan);
      if (certificateOrders === undefined) return;
      if (plan?.config.tls?.acme !== undefined) this.#loadOrders(certificateOrders);
      this.#orders?.look(plan?.config, this.state().serving ?? 0);
    });
  }

  /** Those that the serving generation has. */
  get current(): readonly CertificateInfo[] {
    return this.#plan?.tls?.certificates ?? [];
  }

  #loadOrders(load: NonNullable<Surroundings["certificateOrders"]>): void {
    if (this.#isLoadingOrders) return;
    this.#isLoadingOrders = true;
    load((orders) => (this.#orders = new Orders(this.surroundings, orders)));
  }

  /** What is known of the domains that certificates are ordered for. */
  get ordered(): readonly OrderedDomain[] {
    return this.#orders?.domains ?? [];
  }

  get #plan(): Plan | undefined {
    const { serving } = this.state();
    return serving === undefined ? undefined : this.plans.of(serving);
  }

  /** Whether this master decides what is served, now and in a moment. */
  get #isOurs(): boolean {
    const state = this.state();
    return hasServer(state) && !isStopping(state) && state.succession.name === "none";
  }

  /** Reads the files again. Resolves when all workers serve what is in them. One at a time. */
  renew(): Promise<Renewal> {
    const renewal = this.#latest.then(() => this.#renew());
    this.#latest = renewal.catch(() => undefined);
    return renewal;
  }

  async #renew(): Promise<Renewal> {
    const { certificateFiles: files, system } = this.surroundings;
    const plan = this.#plan;
    if (!this.#isOurs || plan === undefined) return refused(words.noRenewalNow);
    if (plan.tls === undefined || plan.config.tls === undefined || files === undefined) {
      return refused(words.noTls);
    }
    if (!system.passesDescriptors) return refused(words.noRenewalHere);
    const { tls: config } = plan.config;
    const read = await new Promise<TlsResult>((done, failed) => files.read(config, done, failed));
    if (!read.ok) return { ok: false, why: "files", reason: read.errors.join("\n") };
    const { planned } = read;
    const hasChanged = JSON.stringify(planned.served) !== JSON.stringify(plan.tls.served);
    const generations = this.#generationsWith(plan);
    for (const generation of generations) this.plans.renew(generation, planned);
    const { problems, workers } = await this.#tellWorkers(planned, generations);
    if (problems.length > 0) {
      // The files count as changed until all workers serve them.
      const again = { ...planned, signature: "" };
      for (const generation of generations) this.plans.renew(generation, again);
      return { ok: false, why: "workers", reason: words.renewedInPart(problems, workers) };
    }
    const { certificates } = planned;
    if (hasChanged) this.#tellRenewed(certificates);
    return { ok: true, hasChanged, certificates, workers };
  }

  #tellRenewed(certificates: readonly CertificateInfo[]): void {
    const { clock, log } = this.surroundings;
    const nowMs = clock.date().getTime();
    const what = certificates.map((info) => inShort(info, nowMs)).join("; ");
    const fields = { names: certificates.flatMap(({ names }) => names) };
    log.log("info", "certificates-renewed", words.certificatesRenewed(what), fields);
  }

  /** Those that serve the same files, and are not on their way out. */
  #generationsWith({ config }: Plan): number[] {
    const { generations } = this.state();
    return this.plans.generations.filter((number) => {
      const { tls } = this.plans.of(number).config;
      const isSame = JSON.stringify(tls?.pairs) === JSON.stringify(config.tls?.pairs);
      return isSame && generations.get(number)?.role !== "leaving";
    });
  }

  /** Resolves with how many were told, and why some do not serve them. */
  async #tellWorkers(
    { served }: PlannedTls,
    generations: readonly number[],
  ): Promise<{ readonly problems: readonly string[]; readonly workers: number }> {
    const told = [...this.state().workers.values()].filter(
      ({ generation, phase }) => generations.includes(generation) && !LEAVING.has(phase.name),
    );
    const id = this.#nextId++;
    const asked = { awaited: new Set(told.map((worker) => worker.id)), problems: [] as string[] };
    this.#asked.set(id, asked);
    for (const worker of told) this.workers.send(worker.id, { type: "tls", id, tls: served });
    await this.#untilAnswered(asked);
    this.#asked.delete(id);
    const late = [...asked.awaited].map((worker) => words.noRenewalBy(worker));
    return { problems: [...asked.problems, ...late], workers: told.length };
  }

  /** Resolves when each of them has answered or is gone, or when it is too late. */
  #untilAnswered({ awaited }: Asked): Promise<void> {
    const { clock } = this.surroundings;
    const untilMs = clock.now() + ANSWER_MS;
    return new Promise((resolve) => {
      const look = (): void => {
        for (const worker of awaited) if (!this.workers.has(worker)) awaited.delete(worker);
        if (awaited.size === 0 || clock.now() >= untilMs) resolve();
        else clock.after(LOOK_MS, look);
      };
      look();
    });
  }

  /** A worker serves them, or has a problem with that. */
  noteAnswer(worker: number, id: number, problem: string | undefined): void {
    const asked = this.#asked.get(id);
    if (asked?.awaited.delete(worker) !== true || problem === undefined) return;
    asked.problems.push(words.renewalProblem(worker, problem));
  }
}

const LEAVING: ReadonlySet<string> = new Set(["draining", "stopping", "orphaned", "exited"]);

function refused(reason: string): Renewal {
  return { ok: false, why: "refused", reason };
}
