// What is still to be sent on a connection, in order.

/** A part of a socket of Bun. */
interface Writable {
  /** Returns how much was taken; negative: the kernel has refused it, as the connection is gone. */
  write(bytes: Uint8Array): number;
}

export class Outbox {
  readonly #unsent: Uint8Array[] = [];
  /** A write was refused. It takes the error with it: the end that follows looks like a FIN. */
  isRefused = false;

  add(bytes: Uint8Array): void {
    this.#unsent.push(bytes);
  }

  /** Sends what the kernel takes now. */
  flush(socket: Writable): void {
    for (;;) {
      const [first] = this.#unsent;
      if (first === undefined) return;
      const written = socket.write(first);
      if (written < 0) {
        this.isRefused = true;
        return;
      }
      if (written < first.length) {
        this.#unsent[0] = first.subarray(written);
        return;
      }
      this.#unsent.shift();
    }
  }
}
