// What a program reads of a proof: the keys are a contract.
import { expect, test } from "bun:test";
import { asJson } from "../../src/prove/as-json.ts";
import { evidence, modeResult, NONE_LOST, reload } from "./evidence.ts";

test("all servers, and whether all of them lost nothing", () => {
  const lost = { ...NONE_LOST, reset: 1 };
  const note = { atMs: 1014, kind: "reset", words: "reset" } as const;
  const lossy = evidence({
    name: "other",
    modes: [modeResult({ lost, firstLosses: [note], p50Ms: Number.NaN })],
    reloads: [reload({ readyMs: undefined })],
  });
  expect(asJson([evidence()]).ok).toBe(true);
  const { ok, servers } = asJson([evidence(), lossy]);
  expect(ok).toBe(false);
  expect(servers.map(({ ok: it }) => it)).toEqual([true, false]);
  expect(servers[1]).toMatchObject({
    name: "other",
    verdict: "Lost: 1 request of 1,200 over 1 reload",
    requests: 1200,
    lost: 1,
    new_connections: 1200,
    modes: [{ mode: "connection", lost, p50_ms: null, p99_ms: 12.3, longest_gap_ms: 31 }],
    reloads: [{ number: 1, version: "good", outcome: "completed", reason: null, ready_ms: null }],
    first_losses: [{ at_ms: 1014, reload: 1, when: "14ms after reload 1 began", kind: "reset" }],
    died: null,
  });
});
