// Units and ranges that several tables of the schema have in common.
import { duration } from "./value-types.ts";

export const HOUR_MS = 3_600_000;
export const GIB = 1024 ** 3;
export const TIB = 1024 ** 4;

/**
 * For waits that end by force. Zero is refused, since half of its readers take it for "no limit";
 * in less than 100 ms not even an idle process can start or stop. A day is longer than any drain
 * should take, and far below the 24.8 days that a timer can hold.
 */
export const untilForced = duration({ minMs: 100, maxMs: 24 * HOUR_MS });
