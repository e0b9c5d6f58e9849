// The watch over certificates: when files count as changed, when a mistake is one, what is told.
import { expect, test } from "bun:test";
import { Watch } from "../../../src/master/certificates/watch.ts";
import type { Renewal } from "../../../src/master/certificates/renewal.ts";
import type { Plan } from "../../../src/master/plan/plan.ts";
import type { CertificateFiles, Clock } from "../../../src/master/surroundings.ts";

const DAY_MS = 86_400_000;
const GOOD: Renewal = { ok: true, hasChanged: true, certificates: [], workers: 2 };
const BAD: Renewal = { ok: false, why: "files", reason: "the key does not fit" };

class Scene {
  nowMs = 0;
  onDisk = "a";
  served = "a";
  answer = GOOD;
  renewals = 0;
  readonly told: string[] = [];
  readonly #watch = new Watch(
    { now: () => this.nowMs, date: () => new Date(this.nowMs) } as unknown as Clock,
    { signature: () => this.onDisk } as unknown as CertificateFiles,
    (_level, event, message) => void this.told.push(`${event} ${message}`),
    async () => {
      this.renewals++;
      if (this.answer.ok) this.served = this.onDisk;
      return this.answer;
    },
  );

  /** Looks each second. */
  async seconds(count: number, certificates: readonly object[] = []): Promise<void> {
    for (let second = 0; second < count; second++) {
      this.nowMs += 1000;
      const tls = { certificates, signature: this.served };
      this.#watch.look({ tls, config: { tls: {} } } as unknown as Plan);
      await Promise.resolve().then(() => undefined);
      await new Promise(setImmediate);
    }
  }
}

test("files are read when they have changed, and not since the last look", async () => {
  const scene = new Scene();
  await scene.seconds(5);
  expect(scene.renewals).toBe(0);
  scene.onDisk = "b";
  await scene.seconds(1);
  scene.onDisk = "c";
  await scene.seconds(1);
  expect(scene.renewals).toBe(0);
  await scene.seconds(5);
  expect(scene).toMatchObject({ renewals: 1, served: "c", told: [] });
});

test("a pair that does not fit is a mistake once it has stayed so, and told once", async () => {
  const scene = new Scene();
  scene.answer = BAD;
  scene.onDisk = "half";
  await scene.seconds(30);
  expect(scene).toMatchObject({ renewals: 1, told: [] });
  await scene.seconds(200);
  expect(scene.told).toEqual([
    "certificates-not-renewed The certificates on disk are not served, the old ones still are: " +
      "the key does not fit",
  ]);
  scene.answer = GOOD;
  scene.onDisk = "whole";
  await scene.seconds(3);
  expect(scene.served).toBe("whole");
});

test("a pair that fits soon after is no mistake", async () => {
  const scene = new Scene();
  scene.answer = BAD;
  scene.onDisk = "half";
  await scene.seconds(10);
  scene.answer = GOOD;
  scene.onDisk = "whole";
  await scene.seconds(3);
  expect(scene).toMatchObject({ served: "whole", told: [] });
});

test("what workers could not do is told at once, and tried again", async () => {
  const scene = new Scene();
  scene.answer = { ok: false, why: "workers", reason: "worker 1: no descriptors" };
  scene.onDisk = "b";
  await scene.seconds(130);
  expect(scene.told).toHaveLength(1);
  expect(scene.renewals).toBe(3);
});

test("each stage on the way to the end of a certificate is told once", async () => {
  const scene = new Scene();
  const certificate = {
    fingerprint: "f",
    names: ["a.test"],
    addresses: [],
    label: "a.test",
    notBeforeMs: -300 * DAY_MS,
    notAfterMs: 31 * DAY_MS,
  };
  const told: number[] = [];
  for (let day = 0; day < 34; day++) {
    const before = scene.told.length;
    await scene.seconds(2, [certificate]);
    if (scene.told.length > before) told.push(31 - day);
    scene.nowMs += DAY_MS - 2000;
  }
  expect(told).toEqual([30, 14, 7, 3, 1, 0, -1, -2]);
  expect(scene.told[0]).toBe(
    "certificate-expires The certificate of a.test expires soon: 29 days left (1970-02-01): " +
      "renew it, and pounce will serve the new one by itself",
  );
  expect(scene.told.at(-1)).toContain("The certificate of a.test has expired 2 days ago");
});
