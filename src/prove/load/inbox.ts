// What has come on a connection and nobody has read yet, and waiting for more.

/** A process that was stopped, or busy, first reads what has come meanwhile. */
const TO_CATCH_UP_MS = 5;
const NOTHING = new Uint8Array();

export class Inbox {
  #unread: Uint8Array = NOTHING;
  #wake: (() => void) | undefined;

  get length(): number {
    return this.#unread.length;
  }

  add(bytes: Uint8Array): void {
    this.#unread = this.#unread.length === 0 ? bytes : Buffer.concat([this.#unread, bytes]);
    this.wake();
  }

  /** All of it, or its first bytes. */
  take(length = this.#unread.length): Uint8Array {
    const taken = length === this.#unread.length ? this.#unread : this.#unread.slice(0, length);
    this.#unread = length === this.#unread.length ? NOTHING : this.#unread.slice(length);
    return taken;
  }

  /** Gives back the last part of what `take` gave. */
  putBack(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#unread = this.#unread.length === 0 ? bytes : Buffer.concat([bytes, this.#unread]);
  }

  /** Something has happened that a reader may wait for. */
  wake(): void {
    this.#wake?.();
  }

  /** Waits until something comes or happens; false: the time has come. One reader at a time. */
  async untilWoken(deadlineMs: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const late = (): void => {
      timer = setTimeout(() => resolve(false), TO_CATCH_UP_MS);
    };
    let timer = setTimeout(late, Math.max(0, deadlineMs - performance.now()));
    this.#wake = () => resolve(true);
    const isWoken = await promise;
    clearTimeout(timer);
    this.#wake = undefined;
    return isWoken;
  }
}
