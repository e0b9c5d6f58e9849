// A copy of a WebSocket's `data` for the process of a new version, as far as it can be copied.
// Whatever the app has put there, this ends soon, and does not throw.
import { deserialize, serialize } from "node:v8";
import { isLarge } from "./large.ts";

/** What is larger is left behind: it would hold up all others. */
const MOST_BYTES = 1024 * 1024;

/** As bytes; empty: nothing of it can be copied. */
export function copyData(data: unknown): Uint8Array {
  const whole = bytesOf(data);
  if (whole !== undefined) return whole;
  if (typeof data !== "object" || data === null) return new Uint8Array(0);
  // A function, a socket or a timer among its members is no reason to leave the others behind.
  return bytesOf(Object.fromEntries(membersOf(data))) ?? new Uint8Array(0);
}

export function readData(bytes: Uint8Array): unknown {
  return bytes.length === 0 ? undefined : deserialize(bytes);
}

/** Those that can be copied. */
function membersOf(data: object): [string, unknown][] {
  const members: [string, unknown][] = [];
  for (const name of namesOf(data)) {
    try {
      const value: unknown = Reflect.get(data, name);
      if (bytesOf(value) !== undefined) members.push([name, value]);
    } catch {
      // A getter of the app has thrown.
    }
  }
  return members;
}

function namesOf(data: object): readonly string[] {
  try {
    return Object.keys(data);
  } catch {
    // A proxy that was revoked, for example.
    return [];
  }
}

function bytesOf(value: unknown): Uint8Array | undefined {
  try {
    if (isLarge(value, MOST_BYTES)) return undefined;
    const bytes = serialize(value);
    return bytes.length <= MOST_BYTES ? bytes : undefined;
  } catch {
    return undefined;
  }
}
