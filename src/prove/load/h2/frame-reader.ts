// Frames of HTTP/2 from the bytes of a connection.
import { Loss } from "../loss.ts";
import { FLAG, type Frame, HEAD, MOST_CARRIED, TYPE } from "./frames.ts";

const NOTHING = Buffer.alloc(0);

/** Cuts bytes into frames. */
export class FrameReader {
  #begun: Buffer = NOTHING;
  #isFirst = true;

  /** The frames that are whole now. Throws a `Loss` for what is no HTTP/2. */
  take(bytes: Uint8Array): Frame[] {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    let rest = this.#begun.length === 0 ? chunk : Buffer.concat([this.#begun, chunk]);
    const frames: Frame[] = [];
    while (rest.length >= HEAD) {
      const length = rest.readUIntBE(0, 3);
      const type = rest.readUInt8(3);
      if (length > MOST_CARRIED || (this.#isFirst && type !== TYPE.settings)) {
        const shown = JSON.stringify(rest.toString("latin1", 0, 40));
        throw new Loss("wrong", `no frame of HTTP/2: ${shown}`);
      }
      if (rest.length < HEAD + length) break;
      this.#isFirst = false;
      frames.push({
        type,
        flags: rest.readUInt8(4),
        stream: rest.readUInt32BE(5) & 0x7fff_ffff,
        payload: rest.subarray(HEAD, HEAD + length),
      });
      rest = rest.subarray(HEAD + length);
    }
    this.#begun = rest;
    return frames;
  }
}

/** Puts the headers of a stream together, which may come in several frames. */
export class HeaderBlocks {
  #begun: { readonly first: Frame; readonly parts: Buffer[] } | undefined;

  /**
   * A frame as it is, or HEADERS that carry the whole block; undefined: they are not whole yet.
   * Throws a `Loss` if another frame comes between.
   */
  take(one: Frame): Frame | undefined {
    const isMore = one.type === TYPE.continuation;
    if (isMore !== (this.#begun !== undefined)) throw new Loss("wrong", "headers without an end");
    if (one.type === TYPE.headers) this.#begun = { first: one, parts: [carriedBy(one)] };
    else if (isMore) this.#begun?.parts.push(one.payload);
    else return one;
    if (this.#begun === undefined || (one.flags & FLAG.endHeaders) === 0) return undefined;
    const { first, parts } = this.#begun;
    this.#begun = undefined;
    return { ...first, payload: Buffer.concat(parts) };
  }
}

/** What HEADERS or DATA carry, without padding and priority. */
export function carriedBy({ flags, payload }: Frame): Buffer {
  const isPadded = (flags & FLAG.padded) !== 0;
  const padding = isPadded ? (payload[0] ?? 0) : 0;
  const from = (isPadded ? 1 : 0) + ((flags & FLAG.priority) === 0 ? 0 : 5);
  if (from + padding > payload.length) throw new Loss("wrong", "a frame of padding alone");
  return payload.subarray(from, payload.length - padding);
}
