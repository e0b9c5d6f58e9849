// Looks at the files of the certificates every few seconds: renews what is served when they have
// changed, and warns of certificates that will expire. To look is cheap, works on every file
// system, and does not depend on how the files are replaced.
//
// Certificate and key are two files, and are replaced one after the other. So a pair that does not
// fit is no mistake before it has stayed so for a while.
import { message as words } from "../../core/messages.ts";
import type { Log } from "../../log/logger.ts";
import { stageOf, timeLeft } from "../../tls/expiry.ts";
import { namesOf } from "../../tls/words.ts";
import type { Plan } from "../plan/plan.ts";
import type { CertificateFiles, Clock } from "../surroundings.ts";
import type { Renewal } from "./renewal.ts";

/** How long files may be at fault before the log says so. */
const BAD_FOR_MS = 30_000;
/** How soon to try again what has failed although the files were good. */
const AGAIN_MS = 60_000;

type Failed = Extract<Renewal, { readonly ok: false }>;

/** Files that have changed, and are not served yet. */
interface Change {
  readonly signature: string;
  /** When what is served first differed from the files. */
  readonly sinceMs: number;
  /** Not before. */
  readonly tryAtMs: number;
}

export class Watch {
  static readonly intervalMs = 1000;
  #change: Change | undefined;
  /** Why they are not served, as the log said last. */
  #toldReason: string | undefined;
  #isRenewing = false;
  /** The stages that the log has told of, by fingerprint. */
  readonly #told = new Map<string, number>();

  constructor(
    readonly clock: Clock,
    readonly files: CertificateFiles,
    readonly log: Log,
    readonly renew: () => Promise<Renewal>,
  ) {}

  /** @param plan of the serving generation; undefined: it is not ours to renew anything */
  look(plan: Plan | undefined): void {
    const { tls, config } = plan ?? {};
    if (tls === undefined || config?.tls === undefined || this.#isRenewing) return;
    this.#warnOfExpiry(tls.certificates);
    const signature = this.files.signature(config.tls);
    const nowMs = this.clock.now();
    const change = signature === tls.signature ? undefined : this.#change;
    if (signature === tls.signature || change?.signature === signature) {
      this.#change = change;
      if (change !== undefined && nowMs >= change.tryAtMs) void this.#try(change);
      return;
    }
    // Once more, as the other file of the pair may follow.
    this.#change = { signature, sinceMs: change?.sinceMs ?? nowMs, tryAtMs: nowMs };
  }

  async #try(change: Change): Promise<void> {
    this.#isRenewing = true;
    try {
      const renewal = await this.renew();
      if (renewal.ok) this.#succeeded();
      else this.#failed(change, renewal);
    } catch (error) {
      this.#failed(change, { reason: String(error), why: "workers" });
    } finally {
      this.#isRenewing = false;
    }
  }

  #succeeded(): void {
    this.#change = undefined;
    this.#toldReason = undefined;
  }

  #failed(change: Change, { reason, why }: Pick<Failed, "reason" | "why">): void {
    const nowMs = this.clock.now();
    const isMistake = why !== "files" || nowMs - change.sinceMs >= BAD_FOR_MS;
    this.#change = {
      ...change,
      tryAtMs: isMistake ? nowMs + AGAIN_MS : change.sinceMs + BAD_FOR_MS,
    };
    if (!isMistake || reason === this.#toldReason) return;
    this.#toldReason = reason;
    this.log("warn", "certificates-not-renewed", words.certificatesNotRenewed(reason));
  }

  #warnOfExpiry(certificates: NonNullable<Plan["tls"]>["certificates"]): void {
    const nowMs = this.clock.date().getTime();
    for (const info of certificates) {
      const stage = stageOf(info, nowMs);
      if (stage === undefined || this.#told.get(info.fingerprint) === stage) continue;
      this.#told.set(info.fingerprint, stage);
      const name = namesOf(info);
      const expires = new Date(info.notAfterMs).toISOString();
      const what = words.certificateExpires(name, timeLeft(info, nowMs), expires.slice(0, 10));
      this.log("warn", "certificate-expires", what, { name, expires });
    }
  }
}
