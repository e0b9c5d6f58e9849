// The files by which a running server is found: its pid file and its control socket. Cleaners of
// /tmp and people remove them; they are looked at every now and then, and made again.
import type { ControlSocket } from "../../admin/listen.ts";
import { restorePidFile } from "./pid-file.ts";

const LOOK_MS = 2000;

export class KeptFiles {
  #socket: ControlSocket | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #opening: Promise<void> | undefined;
  #keeping: Promise<void> | undefined;

  /** @param open makes the control socket; undefined where none can be had, which it has told */
  constructor(
    readonly pidFile: string | undefined,
    readonly open: () => Promise<ControlSocket | undefined>,
  ) {}

  /** Makes the control socket, and keeps both from then on. */
  keep(): Promise<void> {
    this.#keeping = this.#reopen().then(() => {
      this.#timer = setInterval(() => this.#look(), LOOK_MS);
    });
    return this.#keeping;
  }

  /** They are another process's now. */
  leave(): void {
    clearInterval(this.#timer);
  }

  /** Removes the control socket. */
  async close(): Promise<void> {
    await this.#keeping;
    this.leave();
    await this.#opening;
    await this.#socket?.close();
  }

  #look(): void {
    if (this.pidFile !== undefined) restorePidFile(this.pidFile);
    if (this.#socket?.isGone() === true) void this.#reopen();
  }

  #reopen(): Promise<void> {
    const before = this.#socket;
    this.#socket = undefined;
    // It tells by itself why there is none.
    const opening = this.open().catch(() => undefined);
    this.#opening = opening.then((socket) => {
      this.#socket = socket;
      // Who is being answered over the old one is answered to the end.
      void before?.retire();
    });
    return this.#opening;
  }
}
