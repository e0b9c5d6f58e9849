// A copy of a WebSocket's `data` for the process of a new version, as far as it can be copied.
import { deserialize, serialize } from "node:v8";

/** What is larger is left behind: it would hold up all others. */
const MOST_BYTES = 1024 * 1024;

/** As bytes; empty: nothing of it can be copied. */
export function copyData(data: unknown): Uint8Array {
  const whole = bytesOf(data);
  if (whole !== undefined) return whole;
  if (typeof data !== "object" || data === null) return new Uint8Array(0);
  // A function, a socket or a timer among its members is no reason to leave the others behind.
  const parts = Object.entries(data).filter(([, value]) => bytesOf(value) !== undefined);
  return bytesOf(Object.fromEntries(parts)) ?? new Uint8Array(0);
}

export function readData(bytes: Uint8Array): unknown {
  return bytes.length === 0 ? undefined : deserialize(bytes);
}

function bytesOf(value: unknown): Uint8Array | undefined {
  try {
    const bytes = serialize(value);
    return bytes.length <= MOST_BYTES ? bytes : undefined;
  } catch {
    return undefined;
  }
}
