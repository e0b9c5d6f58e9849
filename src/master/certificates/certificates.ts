// Renews the certificates that are served, without new workers: the files are read again, and what
// is in them is passed to the workers, which put it into force (worker/serve/shared-servers.ts).
// The decisions about generations and workers do not depend on any of that.
import { message as words } from "../../core/messages.ts";
import { hasServer, isStopping } from "../../core/predicates.ts";
import type { State } from "../../core/state.ts";
import type { CertificateInfo } from "../../tls/certificate.ts";
import type { ServedTls } from "../../tls/served.ts";
import { inShort } from "../../tls/words.ts";
import type { Plan } from "../plan/plan.ts";
import type { Plans } from "../plan/plans.ts";
import type { PlannedTls, TlsResult } from "../plan/tls.ts";
import type { OrderedDomain } from "../reports/certificates.ts";
import type { Surroundings } from "../surroundings.ts";
import type { Workers } from "../workers/workers.ts";
import type { Renewal } from "./renewal.ts";
import { Orders } from "./orders.ts";
import { Telling } from "./telling.ts";
import { Watch } from "./watch.ts";

/** The signature of no files: those that are there count as changed. */
const FOR_ANOTHER_TRY = "";

export class Certificates {
  #latest: Promise<unknown> = Promise.resolve();
  readonly #telling: Telling;
  #orders: Orders | undefined;
  #isLoadingOrders = false;

  constructor(
    readonly surroundings: Surroundings,
    readonly plans: Plans,
    workers: Pick<Workers, "has" | "send">,
    readonly state: () => State,
  ) {
    const { certificateFiles, certificateOrders, clock, log } = surroundings;
    this.#telling = new Telling(clock, workers, state);
    if (certificateFiles === undefined) return;
    const watch = new Watch(clock, certificateFiles, log.log, () => this.renew());
    clock.every(Watch.intervalMs, () => {
      const plan = this.#isOurs ? this.#plan : undefined;
      watch.look(plan);
      if (certificateOrders === undefined) return;
      if (plan?.config.tls?.acme !== undefined) this.#loadOrders(certificateOrders);
      this.#orders?.look(plan?.config, this.state().serving ?? 0, this.current);
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
    // While they were read, another generation may have come to serve, or another master.
    if (!this.#isOurs || this.#plan?.config !== plan.config) return this.#renew();
    const { planned } = read;
    const { certificates } = planned;
    const hasChanged = JSON.stringify(planned.served) !== JSON.stringify(plan.tls.served);
    // A worker is told now, or starts later with what its plan says: nothing comes in between.
    const served = this.#putInto(this.#generationsWith(plan), planned);
    const { problems, workers } = await this.#telling.tell(served);
    if (problems.length > 0) {
      for (const generation of served.keys()) this.#willTryAgain(generation);
      return { ok: false, why: "workers", reason: words.renewedInPart(problems, workers) };
    }
    if (hasChanged || plan.tls.signature === FOR_ANOTHER_TRY) {
      this.#tellRenewed(newAmong(certificates, plan.tls.certificates));
    }
    return { ok: true, hasChanged, certificates, workers };
  }

  /** Returns what the workers of each generation are to serve. Its other settings stay its own. */
  #putInto(generations: readonly number[], planned: PlannedTls): Map<number, ServedTls> {
    const all = new Map<number, ServedTls>();
    for (const generation of generations) {
      const own = this.plans.of(generation).tls?.served ?? planned.served;
      const served = { ...own, certificates: planned.served.certificates };
      this.plans.renew(generation, { ...planned, served });
      all.set(generation, served);
    }
    return all;
  }

  /** Until all its workers serve them. */
  #willTryAgain(generation: number): void {
    // It may have left in the meantime.
    const tls = this.plans.find(generation)?.tls;
    if (tls !== undefined) this.plans.renew(generation, { ...tls, signature: FOR_ANOTHER_TRY });
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

  /** A worker serves them, or has a problem with that. */
  noteAnswer(worker: number, id: number, problem: string | undefined): void {
    this.#telling.noteAnswer(worker, id, problem);
  }
}

/** Those that were not there before; all, if it was a key or an issuer that has changed. */
export function newAmong(
  now: readonly CertificateInfo[],
  before: readonly CertificateInfo[],
): readonly CertificateInfo[] {
  const known = new Set(before.map(({ fingerprint }) => fingerprint));
  const fresh = now.filter(({ fingerprint }) => !known.has(fingerprint));
  return fresh.length > 0 ? fresh : now;
}

function refused(reason: string): Renewal {
  return { ok: false, why: "refused", reason };
}
