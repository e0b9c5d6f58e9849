// Whether a server has said that it ends a TLS connection (close_notify), from the records as they
// come. Bun does not tell: it ends a connection in the same way with and without.
//
// In TLS 1.3 an alert cannot be told from data by its record's type, but it has two bytes: its
// record is as long as that, and no data comes of it.

const HEAD = 5;
const ALERT = 21;
const DATA = 23;
/** What TLS 1.3 adds to what a record carries: the type, and the tag of all its usual ciphers. */
const ADDED = 1 + 16;
const ALERT_BYTES = 2;

export class TlsRecords {
  /** What has come of the head of a record. */
  readonly #head: number[] = [];
  /** What is still to come of a record. */
  #left = 0;
  #last: { readonly type: number; readonly carried: number } | undefined;
  /** Bytes that the records of the last chunk have carried, less those that were handed on. */
  #unseen = 0;

  /** Encrypted bytes have come. What they carry is told after that. */
  take(chunk: Uint8Array): void {
    this.#unseen = 0;
    for (let at = 0; at < chunk.length;) at += this.#takePart(chunk.subarray(at));
  }

  /** Bytes that were carried have been handed on. */
  seen(length: number): void {
    this.#unseen -= length;
  }

  /** Whether the last record is an alert, as far as can be known. */
  get endsWithAlert(): boolean {
    if (this.#left > 0 || this.#head.length > 0 || this.#last === undefined) return false;
    const { type, carried } = this.#last;
    return type === ALERT || (carried === ALERT_BYTES && this.#unseen >= ALERT_BYTES);
  }

  #takePart(part: Uint8Array): number {
    if (this.#left > 0) {
      const taken = Math.min(this.#left, part.length);
      this.#left -= taken;
      if (this.#left === 0) this.#unseen += this.#last?.carried ?? 0;
      return taken;
    }
    this.#head.push(part[0] ?? 0);
    if (this.#head.length === HEAD) this.#begin();
    return 1;
  }

  #begin(): void {
    const [type = 0, , , high = 0, low = 0] = this.#head.splice(0);
    this.#left = high * 256 + low;
    this.#last = { type, carried: type === DATA ? Math.max(0, this.#left - ADDED) : 0 };
  }
}
