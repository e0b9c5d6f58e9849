// When the master has certificates ordered, what becomes of an order, and what is told of it.
import { expect, test } from "bun:test";
import type { OrderOutcome } from "../../../src/acme/order-messages.ts";
import type { DomainFacts, Failures, HeldCertificate } from "../../../src/acme/schedule.ts";
import type { Config } from "../../../src/config/config.ts";
import type { CertificateInfo } from "../../../src/tls/certificate.ts";
import { Orders } from "../../../src/master/certificates/orders.ts";
import { orderedSnapshot } from "../../../src/master/reports/certificates.ts";
import type { CertificateOrders, Surroundings } from "../../../src/master/surroundings.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const DIRECTORY = "https://ca.test/dir";

class Scene {
  nowMs = 1000 * DAY_MS;
  /** What is on disk. */
  readonly held = new Map<string, HeldCertificate>();
  readonly failures = new Map<string, Failures>();
  readonly started: string[] = [];
  given = 0;
  readonly told: string[] = [];
  /** In full. */
  readonly words: string[] = [];
  /** What clients get. */
  served: readonly CertificateInfo[] = [];
  /** Why failures cannot be written. */
  unwritable: string | undefined;
  #done: (outcome: OrderOutcome) => void = () => undefined;
  #domains: readonly string[] = [];
  readonly orders: Orders;
  #config: Config | undefined;

  constructor(...domains: string[]) {
    this.configure(...domains);
    const surroundings = {
      clock: { now: () => this.nowMs, date: () => new Date(this.nowMs) },
      executables: { of: () => "pounce" },
      log: {
        log: (_level: string, event: string, words: string) => {
          this.told.push(event);
          this.words.push(words);
        },
      },
    } as unknown as Surroundings;
    const real: CertificateOrders = {
      facts: () => this.#domains.map((domain) => this.#facts(domain)),
      keepFailures: (_acme, domain, failures) => {
        if (this.unwritable !== undefined) return this.unwritable;
        if (failures === undefined) this.failures.delete(domain);
        else this.failures.set(domain, failures);
        return undefined;
      },
      start: (_tls, domain, _executable, done) => {
        this.started.push(domain);
        this.#done = done;
        return () => void this.given++;
      },
      random: () => 0,
    };
    this.orders = new Orders(surroundings, real);
  }

  #facts(domain: string): DomainFacts {
    return { domain, held: this.held.get(domain), failures: this.failures.get(domain) };
  }

  /** A new configuration, as a reload makes one. */
  configure(...domains: string[]): void {
    this.#domains = domains;
    const acme = { domains, directory: DIRECTORY };
    this.#config = { tls: { acme, pairs: [] } } as unknown as Config;
  }

  look(isOurs = true): void {
    this.orders.look(isOurs ? this.#config : undefined, 1, this.served);
  }

  /** Looks each minute. */
  pass(minutes: number): void {
    for (let minute = 0; minute < minutes; minute++) {
      this.nowMs += MINUTE_MS;
      this.look();
    }
  }

  end(outcome: OrderOutcome): void {
    this.#done(outcome);
  }

  /** The CA issues one for 90 days. */
  issue(domain: string): void {
    const notAfterMs = this.nowMs + 90 * DAY_MS;
    const fingerprint = this.nowMs.toString(16).padStart(12, "0");
    this.held.set(domain, { notBeforeMs: this.nowMs, notAfterMs, fingerprint });
    this.end({ kind: "ordered" });
  }
}

test("what is missing is ordered, one after the other, and renewed in time", () => {
  const scene = new Scene("a", "b");
  scene.look();
  scene.look();
  expect(scene.started).toEqual(["a"]);
  scene.issue("a");
  scene.look();
  scene.issue("b");
  scene.pass(10);
  expect(scene.started).toEqual(["a", "b"]);
  expect(scene.orders.domains.map(({ isOrdering }) => isOrdering)).toEqual([false, false]);
  scene.nowMs += 58 * DAY_MS;
  scene.look();
  expect(scene.started).toHaveLength(2);
  scene.nowMs += 2 * DAY_MS;
  scene.look();
  expect(scene.started).toHaveLength(3);
  const expected = ["certificate-ordering", "certificate-ordered"];
  expect(scene.told.slice(0, 4)).toEqual([...expected, ...expected]);
});

test("what has failed is tried again, and the others do not wait for it", () => {
  const scene = new Scene("a", "b");
  scene.look();
  scene.end({ kind: "failed", reason: "refused" });
  scene.look();
  expect(scene.started).toEqual(["a", "b"]);
  scene.issue("b");
  scene.pass(4);
  expect(scene.started).toHaveLength(2);
  scene.pass(1);
  expect(scene.started).toEqual(["a", "b", "a"]);
  scene.end({ kind: "failed", reason: "limited", retryAfterMs: 120 * MINUTE_MS, isLimited: true });
  scene.configure("a", "b");
  scene.pass(119);
  expect(scene.started).toHaveLength(3);
  scene.pass(1);
  expect(scene.started).toHaveLength(4);
  scene.issue("a");
  expect(scene.failures.size).toBe(0);
});

test("a reload tries again after a quarter of an hour", () => {
  const scene = new Scene("a");
  scene.failures.set("a", {
    count: 9,
    lastMs: scene.nowMs,
    retryMs: scene.nowMs + DAY_MS,
    floorMs: 0,
    reason: "refused",
  });
  scene.look();
  scene.pass(14);
  expect(scene.started).toEqual([]);
  scene.pass(1);
  expect(scene.started).toEqual(["a"]);
});

test("an order is given up when the server is no longer ours, or is configured anew", () => {
  const scene = new Scene("a");
  scene.look();
  scene.look(false);
  expect(scene.given).toBe(1);
  // What its process says after that does not count.
  scene.end({ kind: "failed", reason: "killed" });
  expect(scene.failures.size).toBe(0);
  scene.look();
  scene.configure("b");
  scene.look();
  expect(scene.given).toBe(2);
  expect(scene.started).toEqual(["a", "a", "b"]);
});

test("a reload that leaves [tls] as it is lets an order finish", () => {
  const scene = new Scene("a");
  scene.look();
  scene.configure("a");
  scene.look();
  expect(scene.given).toBe(0);
  scene.issue("a");
  expect(scene.started).toEqual(["a"]);
  expect(scene.told.at(-1)).toBe("certificate-ordered");
});

test("a new certificate that is due at once, as a wrong clock has it, is not ordered forever", () => {
  const scene = new Scene("a");
  scene.look();
  scene.held.set("a", { notBeforeMs: 0, notAfterMs: scene.nowMs - DAY_MS, fingerprint: "1" });
  scene.end({ kind: "ordered" });
  expect(scene.failures.get("a")?.reason).toContain("the clock of this machine");
  scene.pass(4);
  expect(scene.started).toEqual(["a"]);
  scene.pass(1);
  expect(scene.started).toEqual(["a", "a"]);
});

test("a certificate that is lost is ordered anew, and one that another server renewed is not", () => {
  const scene = new Scene("a");
  scene.look();
  scene.issue("a");
  scene.held.delete("a");
  scene.pass(1);
  expect(scene.started).toEqual(["a", "a"]);
  expect(scene.told.slice(-2)).toEqual(["certificate-file-broken", "certificate-ordering"]);
  expect(scene.words.at(-2)).toContain("for a is gone or broken");
  scene.issue("a");
  scene.nowMs += 59 * DAY_MS;
  scene.look();
  const notAfterMs = scene.nowMs + 90 * DAY_MS;
  scene.held.set("a", { notBeforeMs: scene.nowMs, notAfterMs, fingerprint: "2" });
  scene.nowMs += 2 * DAY_MS;
  scene.look();
  expect(scene.started).toEqual(["a", "a"]);
});

test("who has removed what is kept of failures gets another try, unless it could not be written", () => {
  const scene = new Scene("a");
  scene.look();
  scene.end({ kind: "failed", reason: "refused" });
  scene.pass(1);
  expect(scene.started).toHaveLength(1);
  scene.failures.delete("a");
  scene.pass(1);
  expect(scene.started).toHaveLength(2);
  scene.unwritable = "the disk is full";
  scene.end({ kind: "failed", reason: "refused" });
  scene.configure("a");
  scene.pass(4);
  expect(scene.started).toHaveLength(2);
});

const DAY = 1000;
test.each([
  [undefined, "missing", "A self-signed one is served meanwhile"],
  [DAY + 9, "valid", "The present one serves on, until 1972-10-06"],
  [DAY - 9, "missing", "The present one has expired on 1972-09-18, and is served on"],
])("a failed order says what clients get, until day %p", (until, state, words) => {
  const scene = new Scene("a.test");
  const lost = { isSelfSigned: until === undefined, names: ["*.test", "a.test"] };
  scene.served = [{ ...lost, notAfterMs: (until ?? 9999) * DAY_MS } as unknown as CertificateInfo];
  scene.look();
  scene.end({ kind: "failed", reason: "refused" });
  expect(scene.words.at(-1)).toContain(words);
  expect(scene.words.at(-1)).toStartWith(until === undefined ? "No cert" : "No new cert");
  const [told] = scene.orders.domains;
  expect(told && orderedSnapshot(told, scene.nowMs).state).toBe(state as "valid");
});

test("while another process orders, it looks again, and that is no failure", () => {
  const scene = new Scene("a");
  scene.look();
  scene.end({ kind: "not-now" });
  scene.look();
  expect(scene.started).toHaveLength(1);
  scene.pass(1);
  expect(scene.started).toHaveLength(2);
  // The other one has ordered it meanwhile.
  scene.held.set("a", {
    notBeforeMs: scene.nowMs,
    notAfterMs: scene.nowMs + DAY_MS,
    fingerprint: "1",
  });
  scene.end({ kind: "not-now" });
  scene.pass(10);
  expect(scene.started).toHaveLength(2);
  expect(scene.failures.size).toBe(0);
});

test("an order that takes too long has failed", () => {
  const scene = new Scene("a");
  scene.look();
  scene.pass(5);
  expect(scene.given).toBe(1);
  expect(scene.failures.get("a")?.reason).toContain("longer than 5 minutes");
});
