// Bytes on their way to the kernel: those of one turn of the event loop are written together, and
// those that it does not take wait.

/** As much memory is kept for the next bytes. */
const KEPT = 256 * 1024;

/** The app may replace it, and it must not be faked. */
const { setImmediate } = globalThis;

export class Outbox {
  #bytes = new Uint8Array(new ArrayBuffer(4096));
  #begin = 0;
  #end = 0;
  #isAsked = false;
  /** The kernel has taken only a part: whoever writes says when it takes more. */
  #isBlocked = false;

  /** @param take gives bytes to the kernel, and returns how many it has taken */
  constructor(readonly take: (bytes: Uint8Array) => number) {}

  /** How many wait. */
  get size(): number {
    return this.#end - this.#begin;
  }

  /** Copies bytes, which are written when this turn has ended. */
  add(bytes: Uint8Array): void {
    this.#makeRoom(bytes.length);
    this.#bytes.set(bytes, this.#end);
    this.#end += bytes.length;
    if (this.#isAsked || this.#isBlocked) return;
    this.#isAsked = true;
    setImmediate(() => {
      this.#isAsked = false;
      if (!this.#isBlocked) this.write();
    });
  }

  /** Writes as much as the kernel takes. */
  write(): void {
    this.#isBlocked = false;
    if (this.size === 0) return;
    const taken = this.take(this.#bytes.subarray(this.#begin, this.#end));
    this.#begin += Math.max(0, taken);
    this.#isBlocked = this.size > 0;
    if (this.size === 0) this.#empty();
  }

  clear(): void {
    this.#begin = 0;
    this.#end = 0;
    this.#empty();
  }

  #empty(): void {
    this.#begin = 0;
    this.#end = 0;
    if (this.#bytes.length > KEPT) this.#bytes = new Uint8Array(new ArrayBuffer(4096));
  }

  #makeRoom(length: number): void {
    const { size } = this;
    if (this.#end + length <= this.#bytes.length) return;
    const isEnough = size + length <= this.#bytes.length / 2;
    const wanted = Math.max(this.#bytes.length, 2 * (size + length));
    const target = isEnough ? this.#bytes : new Uint8Array(new ArrayBuffer(wanted));
    target.set(this.#bytes.subarray(this.#begin, this.#end));
    this.#bytes = target;
    this.#begin = 0;
    this.#end = size;
  }
}
