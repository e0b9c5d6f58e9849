// Has certificates ordered when they are due, one at a time, and keeps what has failed. When that
// is, acme/schedule.ts decides; a process of its own orders (acme/order-process.ts). What it has
// written is served as any file that has changed: see watch.ts.
import type { OrderOutcome } from "../../acme/order-messages.ts";
import {
  afterFailure,
  type DomainFacts,
  dueOf,
  type Failures,
  hurried,
  nextDue,
} from "../../acme/schedule.ts";
import type { AcmeConfig, Config, TlsConfig } from "../../config/config.ts";
import { message as words } from "../../core/messages.ts";
import { explain } from "../../os/shortage.ts";
import { covers, type CertificateInfo } from "../../tls/certificate.ts";
import type { OrderedDomain } from "../reports/certificates.ts";
import type { Cancel, CertificateOrders, Surroundings } from "../surroundings.ts";

/** How soon to look again whether another process, which orders now, has finished. */
const NOT_NOW_MS = 10_000;
/** How often the files are looked at. */
const READ_MS = 30_000;
/** A process that has not finished by then never will. */
const LONGEST_ORDER_MS = 5 * 60_000;

interface UnderWay {
  readonly domain: string;
  readonly cancel: Cancel;
  /** By the clock that never goes back. */
  readonly untilMs: number;
}

export class Orders {
  /** What `#facts` are of; another one is another configuration. */
  #config: Config | undefined;
  #facts: readonly DomainFacts[] = [];
  #underWay: UnderWay | undefined;
  /** Not before, by the clock that never goes back. */
  #againMs = 0;
  /** When the files were read last. */
  #readMs = 0;
  /** What is served now: the file of one of them may be lost. */
  #served: readonly CertificateInfo[] = [];
  /** Domains whose failures could not be written: they are known here alone. */
  readonly #unwritten = new Set<string>();

  constructor(
    readonly surroundings: Surroundings,
    readonly orders: CertificateOrders,
  ) {}

  get domains(): readonly OrderedDomain[] {
    const nowMs = this.#dateMs;
    return this.#facts.map((facts) => ({
      ...facts,
      isOrdering: this.#underWay?.domain === facts.domain,
      servedUntilMs: this.#servedUntilMs(facts),
      nextMs: dueOf(facts, nowMs).atMs,
    }));
  }

  get #dateMs(): number {
    return this.surroundings.clock.date().getTime();
  }

  /**
   * Called again and again.
   * @param config of the serving generation; undefined: it is not ours to order anything
   * @param served what that generation serves
   */
  look(config: Config | undefined, generation: number, served: readonly CertificateInfo[]): void {
    this.#served = served;
    const { tls } = config ?? {};
    const acme = tls?.acme;
    if (config !== this.#config) this.#use(config);
    if (tls === undefined || acme === undefined) return;
    const nowMs = this.surroundings.clock.now();
    if (this.#underWay !== undefined) {
      if (nowMs < this.#underWay.untilMs) return;
      const { domain } = this.#underWay;
      this.#giveUp();
      return this.#failed(acme, domain, "it took longer than 5 minutes");
    }
    if (nowMs - this.#readMs >= READ_MS) this.#readAgain(tls);
    const due = nextDue(this.#facts, this.#dateMs);
    if (due === undefined || due.atMs > this.#dateMs || nowMs < this.#againMs) return;
    this.#order(tls, acme, due.domain, generation);
  }

  /** A new configuration: whoever has asked for that may have mended what has failed. */
  #use(config: Config | undefined): void {
    // A certificate that was issued, and then lost, counts for the CA.
    if (JSON.stringify(config?.tls) !== JSON.stringify(this.#config?.tls)) this.#giveUp();
    this.#config = config;
    this.#againMs = 0;
    this.#readMs = this.surroundings.clock.now();
    const tls = config?.tls;
    if (tls?.acme === undefined) {
      this.#facts = [];
      return;
    }
    const read = this.orders.facts(tls, (problem) => this.#tellBroken(problem));
    this.#facts = read.map(({ domain, held, failures }) => {
      const known = failures ?? this.#knownHereAlone(domain);
      return { domain, held, failures: known && hurried(known) };
    });
  }

  /** A file may have been lost, or another server may have renewed it. */
  #readAgain(tls: TlsConfig): void {
    this.#readMs = this.surroundings.clock.now();
    const problems: string[] = [];
    const read = this.orders.facts(tls, (problem) => void problems.push(problem));
    const now = new Map(read.map((facts) => [facts.domain, facts]));
    const before = this.#facts;
    this.#facts = before.map(({ domain, failures }) => {
      const { held, failures: written } = now.get(domain) ?? {};
      // Whoever has removed the file wants another try. What is in it may have been hurried here.
      const isForgotten = written === undefined && this.#knownHereAlone(domain) === undefined;
      return { domain, held, failures: isForgotten ? undefined : failures };
    });
    const lost = before.filter(({ domain, held }) => held && now.get(domain)?.held === undefined);
    if (lost.length === 0) return;
    // Once, however long it takes until there is another one.
    for (const problem of problems) this.#tellBroken(problem);
    this.#tellBroken(words.certificateLost(lost.map(({ domain }) => domain)));
  }

  #knownHereAlone(domain: string): Failures | undefined {
    return this.#unwritten.has(domain) ? this.#factsOf(domain)?.failures : undefined;
  }

  /** When what clients get for a domain ends; undefined: that is a self-signed one, or none. */
  #servedUntilMs({ domain, held }: DomainFacts): number | undefined {
    const served = this.#served.find(
      ({ isSelfSigned, names }) => !isSelfSigned && names.some((name) => covers(name, domain)),
    );
    return (served ?? held)?.notAfterMs;
  }

  /** Ends an order that is under way; it leaves nothing behind. */
  #giveUp(): void {
    this.#underWay?.cancel();
    this.#underWay = undefined;
  }

  #order(tls: TlsConfig, acme: AcmeConfig, domain: string, generation: number): void {
    const { clock, executables, log } = this.surroundings;
    const isRenewal = this.#factsOf(domain)?.held !== undefined;
    const ca = new URL(acme.directory).host;
    const fields = { domain, ca };
    log.log("info", "certificate-ordering", words.ordering(domain, ca, isRenewal), fields);
    let isCurrent = true;
    try {
      const executable = executables.of(generation);
      const cancel = this.orders.start(tls, domain, executable, (outcome) => {
        if (!isCurrent) return;
        isCurrent = false;
        this.#underWay = undefined;
        this.#ended(tls, acme, domain, outcome);
      });
      const untilMs = clock.now() + LONGEST_ORDER_MS;
      const giveUp = (): void => {
        isCurrent = false;
        cancel();
      };
      this.#underWay = { domain, untilMs, cancel: giveUp };
    } catch (error) {
      this.#failed(acme, domain, explain(error));
    }
  }

  #ended(tls: TlsConfig, acme: AcmeConfig, domain: string, outcome: OrderOutcome): void {
    if (outcome.kind === "failed") return this.#failed(acme, domain, outcome.reason, outcome);
    if (outcome.kind === "not-now") this.#againMs = this.surroundings.clock.now() + NOT_NOW_MS;
    const read = this.orders.facts(tls, (problem) => this.#tellBroken(problem));
    const now = read.find((facts) => facts.domain === domain);
    const before = this.#factsOf(domain);
    const isNew = now?.held !== undefined && now.held.fingerprint !== before?.held?.fingerprint;
    if (!isNew) {
      // Nobody has ordered it, or the file is not what was written.
      if (outcome.kind === "ordered") this.#failed(acme, domain, "its file has disappeared");
      return;
    }
    const renewed = { ...now, failures: undefined };
    if (dueOf(renewed, 0).atMs <= this.#dateMs) {
      // It would be ordered again at once, and again.
      this.#facts = this.#facts.map((it) =>
        it.domain === domain ? { ...it, held: now.held } : it,
      );
      return this.#failed(acme, domain, words.dueAtOnce);
    }
    this.#keep(acme, renewed);
    const until = new Date(now.held?.notAfterMs ?? 0).toISOString().slice(0, 10);
    const next = new Date(dueOf(renewed, 0).atMs).toISOString();
    const what = words.ordered(domain, until, next.slice(0, 10));
    this.surroundings.log.log("info", "certificate-ordered", what, { domain, until, next });
  }

  #failed(
    acme: AcmeConfig,
    domain: string,
    reason: string,
    more: {
      readonly retryAfterMs?: number | undefined;
      readonly isLimited?: boolean | undefined;
    } = {},
  ): void {
    const facts = this.#factsOf(domain);
    if (facts === undefined) return;
    const failure = { ...more, reason };
    const nowMs = this.#dateMs;
    const failures = afterFailure(facts, failure, nowMs, this.orders.random());
    this.#keep(acme, { ...facts, failures });
    const next = new Date(failures.retryMs).toISOString();
    const untilMs = this.#servedUntilMs(facts);
    const served =
      untilMs === undefined
        ? words.selfSignedServes
        : words.oldServesOn(new Date(untilMs).toISOString().slice(0, 10), untilMs > nowMs);
    const what = words.notOrdered(domain, reason, next, served, untilMs === undefined);
    const fields = { domain, reason, failures: failures.count, next };
    this.surroundings.log.log("error", "certificate-not-ordered", what, fields);
  }

  #keep(acme: AcmeConfig, facts: DomainFacts): void {
    this.#facts = this.#facts.map((it) => (it.domain === facts.domain ? facts : it));
    const problem = this.orders.keepFailures(acme, facts.domain, facts.failures);
    this.#unwritten.delete(facts.domain);
    if (problem === undefined) return;
    this.#unwritten.add(facts.domain);
    this.#tellBroken(problem);
  }

  #factsOf(domain: string): DomainFacts | undefined {
    return this.#facts.find((it) => it.domain === domain);
  }

  #tellBroken(problem: string): void {
    this.surroundings.log.log("warn", "certificate-file-broken", problem);
  }
}
