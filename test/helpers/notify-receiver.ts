// A service manager for tests: a socket that receives what sd_notify(3) sends. Bun has no such
// socket.
import { dlopen } from "bun:ffi";
import { rmSync } from "node:fs";

const AF_UNIX = 1;
const SOCK_DGRAM_NONBLOCK = 2 | 0o4000;
const TIMEOUT_MS = 40_000;

const { symbols: libc } = dlopen("libc.so.6", {
  bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
  close: { args: ["i32"], returns: "i32" },
  recv: { args: ["i32", "ptr", "u64", "i32"], returns: "i64" },
  socket: { args: ["i32", "i32", "i32"], returns: "i32" },
});

export class NotifyReceiver {
  /** Every message so far, its lines as they came. */
  readonly messages: string[] = [];
  readonly #fd: number;
  #isClosed = false;
  readonly #buffer = new Uint8Array(4096);

  /** @param address a path, or an abstract address that starts with `@` */
  constructor(readonly address: string) {
    const name = Buffer.from(address.startsWith("@") ? `\0${address.slice(1)}` : `${address}\0`);
    const bytes = new Uint8Array(2 + name.length);
    bytes.set([AF_UNIX, 0]);
    bytes.set(name, 2);
    this.#fd = libc.socket(AF_UNIX, SOCK_DGRAM_NONBLOCK, 0);
    if (libc.bind(this.#fd, bytes, bytes.length) !== 0) throw new Error(`cannot bind ${address}`);
  }

  /** Reads what has come. */
  read(): this {
    for (;;) {
      const length = Number(libc.recv(this.#fd, this.#buffer, 4096n, 0));
      if (length < 0) return this;
      this.messages.push(new TextDecoder().decode(this.#buffer.subarray(0, length)));
    }
  }

  /** Resolves with the first message, from index `after` on, that contains the text. */
  async waitFor(text: string | RegExp, after = 0, timeoutMs = TIMEOUT_MS): Promise<string> {
    const deadlineMs = performance.now() + timeoutMs;
    for (;;) {
      const found = this.read()
        .messages.slice(after)
        .find((message) => message.search(text) >= 0);
      if (found !== undefined) return found;
      if (performance.now() > deadlineMs) {
        throw new Error(`no message with ${text}, but:\n${this.messages.join("\n--\n")}`);
      }
      await Bun.sleep(5);
    }
  }

  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    libc.close(this.#fd);
    if (this.address.startsWith("/")) rmSync(this.address);
  }
}
