// The files by which a running server is found: its pid file and its control socket. People and
// cleaners of /tmp remove them, and sometimes there is no folder or no descriptor for them. So they
// are checked regularly, and made again.
import type { ControlSocket, ListenResult } from "../../admin/listen.ts";
import { explain } from "../../os/shortage.ts";
import { restorePidFile } from "./pid-file.ts";

const LOOK_MS = 2000;

export class KeptFiles {
  #socket: ControlSocket | undefined;
  /** Why there is no socket, as it was told last. */
  #told: string | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #opening: Promise<void> | undefined;
  #isLeft = false;

  /**
   * @param open makes the control socket
   * @param tell gets the reason when none can be had, once while it stays the same
   * @param predecessor the process that this one takes over from
   */
  constructor(
    readonly pidFile: string | undefined,
    readonly open: () => Promise<ListenResult>,
    readonly tell: (problem: string) => void,
    readonly predecessor: number | undefined,
    readonly lookMs = LOOK_MS,
  ) {}

  /** Makes the control socket, and keeps both files from then on. */
  async keep(): Promise<void> {
    await this.#reopen();
    if (!this.#isLeft) this.#timer = setInterval(() => this.#look(), this.lookMs);
  }

  /** The files belong to another process now. */
  leave(): void {
    this.#isLeft = true;
    clearInterval(this.#timer);
  }

  /** Removes the control socket. */
  async close(): Promise<void> {
    this.leave();
    await this.#opening;
    await this.#socket?.close();
  }

  #look(): void {
    if (this.pidFile !== undefined) restorePidFile(this.pidFile, this.predecessor);
    const isThere = this.#socket?.isGone() === false;
    if (!isThere && this.#opening === undefined) void this.#reopen();
  }

  #reopen(): Promise<void> {
    this.#opening = this.#replace().finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  async #replace(): Promise<void> {
    const before = this.#socket;
    const opened = await this.open().catch((error: unknown) => ({
      ok: false as const,
      reason: explain(error),
    }));
    this.#socket = opened.ok ? opened.socket : undefined;
    // Clients of the old socket still get their whole answer.
    before?.retire();
    const problem = opened.ok ? undefined : opened.reason;
    if (problem !== undefined && problem !== this.#told) this.tell(problem);
    this.#told = problem;
  }
}
