// Whether a value is too large to be copied, found out without copying it: ten thousand WebSockets
// may refer to one that is.

/** What any value takes, about. */
const EACH_BYTES = 8;
/** Objects that are known to be larger than any limit that was asked for. */
const known = new WeakSet<object>();

/** Throws what the app's getters throw. @param limit in bytes, about: to be sure, copy it */
export function isLarge(value: unknown, limit: number): boolean {
  const seen = new Set<object>();
  const pending: unknown[] = [value];
  let bytes = 0;
  while (pending.length > 0) {
    const one = pending.pop();
    bytes += EACH_BYTES;
    if (typeof one === "string") {
      bytes += one.length;
    } else if (typeof one === "object" && one !== null && !seen.has(one)) {
      if (known.has(one)) return true;
      seen.add(one);
      bytes += EACH_BYTES * countOf(one);
      if (bytes <= limit) bytes += weigh(one, pending);
    }
    if (bytes > limit) {
      if (typeof value === "object" && value !== null) known.add(value);
      return true;
    }
  }
  return false;
}

/** How many values it has at least, as far as that can be told at once. */
function countOf(one: object): number {
  if (Array.isArray(one)) return one.length;
  return one instanceof Map || one instanceof Set ? one.size : 0;
}

/** Returns what it takes itself, and adds what it refers to. */
function weigh(one: object, pending: unknown[]): number {
  if (ArrayBuffer.isView(one) || one instanceof ArrayBuffer || one instanceof SharedArrayBuffer) {
    return one.byteLength;
  }
  if (one instanceof Map) {
    for (const [key, value] of one) pending.push(key, value);
    return 0;
  }
  if (one instanceof Set) {
    for (const value of one) pending.push(value);
    return 0;
  }
  const names = Object.keys(one);
  let bytes = 0;
  for (const name of names) {
    bytes += name.length;
    pending.push(Reflect.get(one, name));
  }
  return bytes;
}
