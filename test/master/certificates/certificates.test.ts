// A renewal among everything else that happens: whoever starts, drains, crashes or stays silent in
// the meantime, all that take new connections end with the new certificates.
import { expect, test } from "bun:test";
import { X509Certificate } from "node:crypto";
import type { Settings } from "../../../src/core/settings.ts";
import { initialState, type Phase, type State, type Worker } from "../../../src/core/state.ts";
import type { ToWorker } from "../../../src/ipc/messages.ts";
import { Certificates, newAmong } from "../../../src/master/certificates/certificates.ts";
import type { Renewal } from "../../../src/master/certificates/renewal.ts";
import type { Plan } from "../../../src/master/plan/plan.ts";
import { Plans } from "../../../src/master/plan/plans.ts";
import type { PlannedTls, TlsResult } from "../../../src/master/plan/tls.ts";
import type { Surroundings } from "../../../src/master/surroundings.ts";
import { type CertificateInfo, describeCertificate } from "../../../src/tls/certificate.ts";
import type { ServedTls } from "../../../src/tls/served.ts";
import { SETTINGS } from "../../core/scenario.ts";
import { makeCertificate } from "../../helpers/certificates.ts";

const READY: Phase = { name: "ready" };
const LOADING: Phase = { name: "loading", deadlineMs: 60_000 };
const DRAINING: Phase = { name: "draining", deadlineMs: 60_000, timeoutMs: 60_000 };

function planned(content: string, minVersion: ServedTls["minVersion"] = "1.2"): PlannedTls {
  const certificates = [{ certs: [content], keys: [content], names: [] }];
  return {
    served: { certificates, http2: true, minVersion },
    certificates: [],
    signature: content,
  };
}

/** What a worker has in force, as far as it has been told. */
function contentOf(tls: ServedTls | undefined): string | undefined {
  return tls?.certificates[0]?.certs[0];
}

/** A server whose files are `old`; generation 0 serves with the workers 0 and 1. */
class Scene {
  onDisk = "old";
  state: State = { ...initialState(SETTINGS as Settings, "1"), serving: 0 };
  /** What each worker was told last: at its start, or since. */
  readonly told = new Map<number, ServedTls>();
  readonly logged: string[] = [];
  readonly plans = new Plans(
    { path: "", of: () => "", forget: () => undefined },
    {
      reservePort: () => {
        throw new Error("no port is to be reserved");
      },
    },
  );
  /** How workers answer; undefined: not at all. */
  answerOf: (worker: number) => { readonly problem?: string } | undefined = () => ({});
  /** Happens while the files are read. */
  whileReading: () => void = () => undefined;
  readonly #certificates: Certificates;
  readonly #processes = new Set<number>();
  #nowMs = 0;
  readonly #timers: { readonly atMs: number; readonly act: () => void }[] = [];
  #every: () => void = () => undefined;

  constructor() {
    const surroundings = {
      system: { passesDescriptors: true },
      clock: {
        now: () => this.#nowMs,
        date: () => new Date(this.#nowMs),
        after: (delayMs: number, act: () => void) =>
          void this.#timers.push({ atMs: this.#nowMs + delayMs, act }),
        every: (_: number, act: () => void) => (this.#every = act),
      },
      certificateFiles: {
        read: (_: unknown, done: (result: TlsResult) => void) => {
          const read = planned(this.onDisk);
          queueMicrotask(() => {
            this.whileReading();
            done({ ok: true, planned: read, warnings: [] });
          });
        },
        signature: () => this.onDisk,
      },
      log: { log: (_: string, event: string) => void this.logged.push(event) },
    } as unknown as Surroundings;
    const workers = {
      has: (worker: number) => this.#processes.has(worker),
      send: (worker: number, message: ToWorker) => this.#receive(worker, message),
    };
    this.#certificates = new Certificates(surroundings, this.plans, workers, () => this.state);
    this.begin(0, planned("old"));
    this.spawn(0, 0, READY);
    this.spawn(1, 0, READY);
  }

  #receive(worker: number, message: ToWorker): void {
    if (message.type !== "tls" || !this.#processes.has(worker)) return;
    this.told.set(worker, message.tls);
    const answer = this.answerOf(worker);
    if (answer === undefined) return;
    queueMicrotask(() => this.#certificates.noteAnswer(worker, message.id, answer.problem));
  }

  /** A configuration has been read for a generation. */
  begin(generation: number, tls: PlannedTls, cert = "/cert.pem"): void {
    const config = { tls: { pairs: [{ cert, key: cert }] } };
    this.plans.put(generation, { app: {}, config, tls } as unknown as Plan);
    const role = generation === 0 ? "serving" : "starting";
    this.#role(generation, role);
  }

  #role(number: number, role: "starting" | "serving" | "leaving"): void {
    const rest = { number, settings: SETTINGS, target: 2, replaces: undefined, open: false };
    const generations = new Map(this.state.generations).set(number, { ...rest, role });
    this.state = { ...this.state, generations };
  }

  /** It starts with what its plan says now. */
  spawn(id: number, generation: number, phase: Phase = LOADING): void {
    this.#processes.add(id);
    const { tls } = this.plans.of(generation);
    if (tls !== undefined) this.told.set(id, tls.served);
    this.put({ id, generation, slot: id, phase, listeners: new Map() });
  }

  put(worker: Worker): void {
    this.state = { ...this.state, workers: new Map(this.state.workers).set(worker.id, worker) };
  }

  phase(id: number, phase: Phase): void {
    const worker = this.state.workers.get(id);
    if (worker !== undefined) this.put({ ...worker, phase });
  }

  crash(id: number): void {
    this.#processes.delete(id);
    const workers = new Map(this.state.workers);
    workers.delete(id);
    this.state = { ...this.state, workers };
  }

  /** A generation takes over from the one that serves, which drains. */
  steerTo(generation: number): void {
    const before = this.state.serving ?? 0;
    for (const { id, generation: of } of this.state.workers.values()) {
      this.phase(id, of === generation ? READY : DRAINING);
    }
    this.#role(before, "leaving");
    this.#role(generation, "serving");
    this.state = { ...this.state, serving: generation };
  }

  /** The last worker of a generation has ended. */
  retire(generation: number): void {
    for (const { id, generation: of } of this.state.workers.values()) {
      if (of === generation) this.crash(id);
    }
    this.plans.forget(generation);
  }

  /** Somebody has written `content`, and asks for a renewal; `meanwhile` happens as it waits. */
  async renew(content: string, meanwhile: () => void = () => undefined): Promise<Renewal> {
    this.onDisk = content;
    const renewal = this.#certificates.renew();
    await settle();
    meanwhile();
    await this.seconds(15);
    return renewal;
  }

  async seconds(count: number): Promise<void> {
    for (let second = 0; second < count; second++) {
      this.#nowMs += 1000;
      this.#every();
      for (const timer of this.#timers.splice(0)) {
        if (timer.atMs <= this.#nowMs) timer.act();
        else this.#timers.push(timer);
      }
      await settle();
    }
  }

  /** Of the workers that live. */
  get contents(): Record<number, string | undefined> {
    return Object.fromEntries([...this.#processes].map((id) => [id, contentOf(this.told.get(id))]));
  }
}

/** Whatever has been begun and waits for nothing goes on. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("all workers are told, and it is logged once they serve the new certificates", async () => {
  const scene = new Scene();
  expect(await scene.renew("new")).toMatchObject({ ok: true, hasChanged: true, workers: 2 });
  expect(scene.contents).toEqual({ 0: "new", 1: "new" });
  expect(scene.logged).toEqual(["certificates-renewed"]);
});

test("a worker that starts while the files are read, or after that, has the new ones", async () => {
  const scene = new Scene();
  scene.whileReading = () => scene.spawn(2, 0);
  expect(await scene.renew("new", () => scene.spawn(3, 0))).toMatchObject({ ok: true });
  expect(scene.contents).toEqual({ 0: "new", 1: "new", 2: "new", 3: "new" });
});

test("a worker that loads too long to answer is told, and is no problem", async () => {
  const scene = new Scene();
  scene.spawn(2, 0);
  scene.answerOf = (worker) => (worker === 2 ? undefined : {});
  expect(await scene.renew("new")).toMatchObject({ ok: true, workers: 3 });
  expect(scene.contents).toMatchObject({ 2: "new" });
});

test("a worker that crashes instead of answering is no problem, nor its replacement", async () => {
  const scene = new Scene();
  scene.answerOf = (worker) => (worker === 0 ? undefined : {});
  const renewal = await scene.renew("new", () => {
    scene.crash(0);
    scene.spawn(2, 0);
  });
  expect(renewal).toMatchObject({ ok: true, workers: 1 });
  expect(scene.contents).toEqual({ 1: "new", 2: "new" });
});

test.each([
  ["says nothing more", undefined],
  ["cannot", { problem: "it has stopped" }],
] as const)("a worker that begins to drain and %s is no problem", async (_, answer) => {
  const scene = new Scene();
  scene.answerOf = (worker) => (worker === 0 ? answer : {});
  const renewal = await scene.renew("new", () => scene.phase(0, DRAINING));
  expect(renewal).toMatchObject({ ok: true, workers: 1 });
});

test("one that drains already is not told", async () => {
  const scene = new Scene();
  scene.phase(1, DRAINING);
  expect(await scene.renew("new")).toMatchObject({ ok: true, workers: 1 });
  expect(scene.contents).toEqual({ 0: "new", 1: "old" });
});

test.each([
  ["does not answer", undefined, "worker 1 has not answered"],
  ["has a problem", { problem: "EMFILE" }, "worker 1: EMFILE"],
] as const)("one that %s is named, and asked again later", async (_, answer, reason) => {
  const scene = new Scene();
  scene.answerOf = (worker) => (worker === 1 ? answer : {});
  const renewal = await scene.renew("new");
  expect(renewal).toMatchObject({ ok: false, why: "workers" });
  expect(!renewal.ok && renewal.reason).toContain(`1 of 2 workers`);
  expect(!renewal.ok && renewal.reason).toContain(reason);
  scene.answerOf = () => ({});
  expect(scene.logged).not.toContain("certificates-renewed");
  await scene.seconds(120);
  expect(scene.logged.at(-1)).toBe("certificates-renewed");
  expect(scene.plans.of(0).tls?.signature).toBe("new");
});

test("a generation that is gone before everybody has answered is left alone", async () => {
  const scene = new Scene();
  scene.begin(1, planned("old"));
  scene.spawn(2, 1, READY);
  scene.answerOf = (worker) => (worker === 2 ? undefined : {});
  const renewal = await scene.renew("new", () => {
    scene.steerTo(1);
    scene.retire(0);
  });
  expect(renewal).toMatchObject({ ok: false, why: "workers" });
  expect(scene.plans.find(0)).toBeUndefined();
  scene.answerOf = () => ({});
  await scene.seconds(120);
  expect(scene.logged.at(-1)).toBe("certificates-renewed");
});

test("a generation that starts gets the certificates, and keeps its own settings", async () => {
  const scene = new Scene();
  scene.begin(1, planned("old", "1.3"));
  scene.spawn(2, 1);
  await scene.renew("new", () => scene.spawn(3, 1));
  expect(scene.contents).toEqual({ 0: "new", 1: "new", 2: "new", 3: "new" });
  const versions = [0, 1, 2, 3].map((worker) => scene.told.get(worker)?.minVersion);
  expect(versions).toEqual(["1.2", "1.2", "1.3", "1.3"]);
});

test("a generation with other files is left alone", async () => {
  const scene = new Scene();
  scene.begin(1, planned("other"), "/other.pem");
  scene.spawn(2, 1);
  expect(await scene.renew("new")).toMatchObject({ ok: true, workers: 2 });
  expect(scene.contents).toMatchObject({ 2: "other" });
});

test("if another generation comes to serve while the files are read, its files are", async () => {
  const scene = new Scene();
  scene.begin(1, planned("old"), "/other.pem");
  scene.spawn(2, 1, READY);
  scene.whileReading = () => {
    scene.whileReading = () => undefined;
    scene.steerTo(1);
  };
  expect(await scene.renew("new")).toMatchObject({ ok: true, workers: 1 });
  expect(scene.contents).toMatchObject({ 2: "new" });
});

test("files that changed after a reload has read them are renewed when it serves", async () => {
  const scene = new Scene();
  await scene.renew("new", () => {
    scene.begin(1, planned("old"));
    scene.spawn(2, 1);
    scene.steerTo(1);
  });
  expect(scene.contents).toMatchObject({ 2: "new" });
});

test.each([
  ["stops", { stop: { name: "draining", mode: "graceful" } }],
  ["is handed over", { succession: { name: "granted", pid: 7 } }],
] as const)("while the server %s nothing is renewed, and nothing waited for", async (_, change) => {
  const early = new Scene();
  early.state = { ...early.state, ...change };
  expect(await early.renew("new")).toMatchObject({ ok: false, why: "refused" });
  const late = new Scene();
  late.whileReading = () => (late.state = { ...late.state, ...change });
  expect(await late.renew("new")).toMatchObject({ ok: false, why: "refused" });
  expect(late.contents).toEqual({ 0: "old", 1: "old" });
});

test("renewals come one after the other, and the last one wins", async () => {
  const scene = new Scene();
  const first = scene.renew("first");
  const second = scene.renew("second");
  expect(await Promise.all([first, second])).toMatchObject([{ ok: true }, { ok: true }]);
  expect(scene.contents).toEqual({ 0: "second", 1: "second" });
});

test("of many certificates, the log tells of those that are new", () => {
  const [a, b, c] = ["a", "b", "c"].map((name) => {
    const { cert } = makeCertificate({ names: [`${name}.test`] });
    return describeCertificate(new X509Certificate(cert));
  }) as [CertificateInfo, CertificateInfo, CertificateInfo];
  expect(newAmong([a, c], [a, b])).toEqual([c]);
  expect(newAmong([a, b], [a, b])).toEqual([a, b]);
});
