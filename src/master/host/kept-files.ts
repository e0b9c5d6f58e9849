// The files by which a running server is found: its pid file and its control socket. People and
// cleaners of /tmp remove them, so they are checked regularly, and made again.
import type { ControlSocket } from "../../admin/listen.ts";
import { restorePidFile } from "./pid-file.ts";

const LOOK_MS = 2000;

export class KeptFiles {
  #socket: ControlSocket | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #opening: Promise<void> | undefined;

  /** @param open makes the control socket; undefined if there can be none, which it has reported */
  constructor(
    readonly pidFile: string | undefined,
    readonly open: () => Promise<ControlSocket | undefined>,
  ) {}

  /** Makes the control socket, and keeps both files from then on. */
  async keep(): Promise<void> {
    await this.#reopen();
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  /** The files belong to another process now. */
  leave(): void {
    clearInterval(this.#timer);
  }

  /** Removes the control socket. */
  async close(): Promise<void> {
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
    // It reports itself why there is none.
    const opening = this.open().catch(() => undefined);
    this.#opening = opening.then((socket) => {
      this.#socket = socket;
      // Clients of the old socket still get their whole answer.
      void before?.retire();
    });
    return this.#opening;
  }
}
