// Whole lines that wait to be written, in order. Small pieces are merged into large buffers, since
// each buffer has a cost of its own.
import { ATOMIC_BYTES } from "../os/writer.ts";

/** Small pieces are merged into a buffer of this size. */
const PAGE_BYTES = 65_536;

const LINE_END = 10;

export class KeptLines {
  /** The first may have been written in part. */
  readonly #buffers: Buffer[] = [];
  #bytes = 0;
  /** The last of them, if it has room for more. */
  #page = Buffer.alloc(0);
  #pageUsed = 0;

  get bytes(): number {
    return this.#bytes;
  }

  push(lines: Buffer): void {
    this.#bytes += lines.length;
    const hasPage = this.#pageUsed > 0 && this.#buffers.length > 1;
    if (hasPage && this.#pageUsed + lines.length <= PAGE_BYTES) {
      lines.copy(this.#page, this.#pageUsed);
      this.#pageUsed += lines.length;
      this.#buffers[this.#buffers.length - 1] = this.#page.subarray(0, this.#pageUsed);
      return;
    }
    this.#pageUsed = 0;
    // The first buffer is being written, and stays as it is.
    const staysAlone = this.#buffers.length === 0 || lines.length > PAGE_BYTES / 2;
    if (staysAlone) return void this.#buffers.push(lines);
    this.#page = Buffer.allocUnsafe(PAGE_BYTES);
    lines.copy(this.#page);
    this.#pageUsed = lines.length;
    this.#buffers.push(this.#page.subarray(0, this.#pageUsed));
  }

  /**
   * The bytes for the next write; `undefined`: nothing is left.
   * @param isStream whether writes of several processes can mix: then as many whole lines as are
   *   sure to stay together, or one line that is longer
   */
  next(isStream: boolean): Buffer | undefined {
    const [first] = this.#buffers;
    return first && isStream ? wholeLines(first) : first;
  }

  /** This many bytes have been written. */
  drop(written: number): void {
    const [first] = this.#buffers;
    this.#bytes -= written;
    if (first !== undefined && written < first.length) this.#buffers[0] = first.subarray(written);
    else this.#buffers.shift();
  }

  /** Discards everything. @returns how many lines that were */
  discard(): number {
    this.#bytes = 0;
    return this.#buffers.splice(0).reduce((lines, buffer) => lines + countLines(buffer), 0);
  }
}

function wholeLines(bytes: Buffer): Buffer {
  if (bytes.length <= ATOMIC_BYTES) return bytes;
  const last = bytes.lastIndexOf(LINE_END, ATOMIC_BYTES - 1);
  const end = last >= 0 ? last : bytes.indexOf(LINE_END);
  return end < 0 ? bytes : bytes.subarray(0, end + 1);
}

export function countLines(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(LINE_END); at >= 0; at = bytes.indexOf(LINE_END, at + 1)) lines++;
  return lines;
}
