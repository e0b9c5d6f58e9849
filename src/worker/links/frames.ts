// Messages on a link, as bytes: the length of all that follows (u32), the kind (u8), the length of
// the header (u32), the header (JSON), and a body of any bytes. Numbers are little-endian: both
// ends are on one machine.

/** What messages are about. Their bytes are the places here. */
export const LINK_KINDS = ["latest", "publish", "offer", "taken", "refused", "call"] as const;
export type LinkKind = (typeof LINK_KINDS)[number];

/** The largest message: a larger one is not sent, and nobody sends one that is announced so. */
export const LONGEST = 256 * 1024 * 1024;
const LENGTH = 4;
const FIXED = 5;

export interface Frame {
  readonly kind: LinkKind;
  readonly header: object;
  /** Valid until the next message is looked at: the memory may be Bun's. */
  readonly body: Uint8Array;
}

const NOTHING = new Uint8Array(new ArrayBuffer(0));
const decoder = new TextDecoder();

export function encodeFrame(
  kind: LinkKind,
  header: object,
  body: Uint8Array = NOTHING,
): Uint8Array {
  const head = Buffer.from(JSON.stringify(header));
  const rest = FIXED + head.length + body.length;
  const bytes = Buffer.allocUnsafe(LENGTH + rest);
  bytes.writeUInt32LE(rest, 0);
  bytes.writeUInt8(LINK_KINDS.indexOf(kind), LENGTH);
  bytes.writeUInt32LE(head.length, LENGTH + 1);
  bytes.set(head, LENGTH + FIXED);
  bytes.set(body, LENGTH + FIXED + head.length);
  return bytes;
}

/** Takes messages out of a stream of bytes. */
export class FrameReader {
  /** The beginning of a message. */
  #kept: Uint8Array[] = [];
  #keptLength = 0;
  /** How long it is, with its length; 0: that is not known yet. */
  #wanted = 0;

  /**
   * Takes the next bytes, which need not stay as they are, and gives the messages that are whole.
   * @returns whether all of it was valid; the rest after what is not means nothing
   */
  take(bytes: Uint8Array, onFrame: (frame: Frame) => void): boolean {
    let rest = bytes;
    if (this.#keptLength > 0) {
      this.#kept.push(rest);
      this.#keptLength += rest.length;
      this.#wanted ||= lengthOf(this.#kept, this.#keptLength);
      if (this.#wanted > LENGTH + LONGEST) return false;
      if (this.#wanted === 0 || this.#keptLength < this.#wanted) {
        // Bun reuses the memory.
        this.#kept[this.#kept.length - 1] = rest.slice();
        return true;
      }
      rest = Buffer.concat(this.#kept);
      this.#forget();
    }
    return this.#split(rest, onFrame);
  }

  #split(bytes: Uint8Array, onFrame: (frame: Frame) => void): boolean {
    let at = 0;
    while (bytes.length - at >= LENGTH) {
      const end = at + LENGTH + viewOf(bytes).getUint32(at, true);
      if (end - at > LENGTH + LONGEST) return false;
      if (end > bytes.length) break;
      const frame = decode(bytes.subarray(at + LENGTH, end));
      if (frame === undefined) return false;
      at = end;
      onFrame(frame);
    }
    if (at === bytes.length) return true;
    const rest = bytes.slice(at);
    this.#kept = [rest];
    this.#keptLength = rest.length;
    this.#wanted = lengthOf(this.#kept, rest.length);
    return true;
  }

  #forget(): void {
    this.#kept = [];
    this.#keptLength = 0;
    this.#wanted = 0;
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** How long a message is that begins so, with its length; 0: its length has not come as a whole. */
function lengthOf(parts: readonly Uint8Array[], length: number): number {
  if (length < LENGTH) return 0;
  const [first] = parts;
  const begin = first !== undefined && first.length >= LENGTH ? first : Buffer.concat([...parts]);
  return LENGTH + viewOf(begin).getUint32(0, true);
}

/** `undefined`: that is no message. */
function decode(bytes: Uint8Array): Frame | undefined {
  if (bytes.length < FIXED) return undefined;
  const view = viewOf(bytes);
  const kind = LINK_KINDS[view.getUint8(0)];
  const bodyAt = FIXED + view.getUint32(1, true);
  if (kind === undefined || bodyAt > bytes.length) return undefined;
  const header = parse(bytes.subarray(FIXED, bodyAt));
  return header === undefined ? undefined : { kind, header, body: bytes.subarray(bodyAt) };
}

function parse(bytes: Uint8Array): object | undefined {
  try {
    const value: unknown = JSON.parse(decoder.decode(bytes));
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
