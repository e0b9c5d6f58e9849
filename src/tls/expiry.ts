// When a certificate expires, and when people are to be told. Whoever renews certificates does so
// when a third of their time is left, at the latest: from then on something is wrong.
import type { CertificateInfo } from "./certificate.ts";

const DAY_MS = 86_400_000;
/** Days before the end at which to warn. */
const STAGES = [30, 14, 7, 3, 1];

type Validity = Pick<CertificateInfo, "notBeforeMs" | "notAfterMs">;

/**
 * How far it is on its way to its end: the same from one warning to the next. Undefined: there is
 * nothing to warn of yet.
 */
export function stageOf(validity: Validity, nowMs: number): number | undefined {
  const leftMs = validity.notAfterMs - nowMs;
  // Expired: each day is a stage.
  if (leftMs <= 0) return Math.floor(leftMs / DAY_MS);
  const thirdMs = (validity.notAfterMs - validity.notBeforeMs) / 3;
  const stages = STAGES.filter((days) => days * DAY_MS < thirdMs);
  const passed = stages.findLast((days) => leftMs <= days * DAY_MS);
  return passed ?? (stages.length === 0 && leftMs <= thirdMs ? 0.5 : undefined);
}

/** `63 days left`, `7 hours left`, `expired 2 days ago`. */
export function timeLeft({ notAfterMs }: Validity, nowMs: number): string {
  const leftMs = notAfterMs - nowMs;
  const [count, unit] =
    Math.abs(leftMs) < 2 * DAY_MS
      ? [Math.floor(Math.abs(leftMs) / 3_600_000), "hour"]
      : [Math.floor(Math.abs(leftMs) / DAY_MS), "day"];
  const time = `${count} ${unit}${count === 1 ? "" : "s"}`;
  return leftMs <= 0 ? `expired ${time} ago` : `${time} left`;
}
