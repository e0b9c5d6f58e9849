// Whether the last record of a TLS connection is an alert, in pieces of any size.
import { expect, test } from "bun:test";
import { TlsRecords } from "../../../src/prove/load/tls-records.ts";

/** A record that carries so many bytes, encrypted as in TLS 1.3. */
function data(carried: number): number[] {
  return [23, 3, 3, 0, carried + 17, ...Array<number>(carried + 17).fill(0)];
}

/** One chunk, with how many bytes of it are handed on after it has come. */
interface Chunk {
  readonly bytes: readonly number[];
  readonly seen: number;
}

const ALERT = data(2);

test.each<readonly [string, readonly Chunk[], boolean]>([
  ["nothing", [], false],
  ["an answer", [{ bytes: data(100), seen: 100 }], false],
  [
    "an answer, then an alert",
    [
      { bytes: data(100), seen: 100 },
      { bytes: ALERT, seen: 0 },
    ],
    true,
  ],
  ["an answer and an alert at once", [{ bytes: [...data(100), ...ALERT], seen: 100 }], true],
  ["an answer of two bytes", [{ bytes: data(2), seen: 2 }], false],
  ["the end of an answer in two bytes", [{ bytes: [...data(9), ...data(2)], seen: 11 }], false],
  ["a part of an alert", [{ bytes: ALERT.slice(0, -1), seen: 0 }], false],
  [
    "an alert of TLS 1.2",
    [{ bytes: [21, 3, 3, 0, 26, ...Array<number>(26).fill(0)], seen: 0 }],
    true,
  ],
])("%s ends with an alert: %#", (_name, chunks, expected) => {
  const records = new TlsRecords();
  for (const { bytes, seen } of chunks) {
    records.take(Uint8Array.from(bytes));
    records.seen(seen);
  }
  expect(records.endsWithAlert).toBe(expected);
});

test("an alert that comes byte by byte is one", () => {
  const records = new TlsRecords();
  for (const byte of ALERT) records.take(Uint8Array.of(byte));
  expect(records.endsWithAlert).toBe(true);
});
