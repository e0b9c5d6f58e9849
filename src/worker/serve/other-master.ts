// Whether another master has the listening socket of one that has died while it handed over to it:
// that one serves what comes.
import { isWorkerCommand } from "../../ipc/worker-name.ts";
import { commandOf, holdersOfSocket, processesOutOfSight } from "../../net/probe.ts";

export class OtherMaster {
  /** What `ps` shows of the worker's own master, and of each successor. */
  readonly #command: string;

  /** @param master the worker's own, which is alive now */
  constructor(master: number) {
    this.#command = commandOf(master);
  }

  /**
   * Whether one has the socket. A worker of another user may not see what root's processes have:
   * there one that looks as its own master did is taken for its successor, as it would be worse to
   * take the socket from it than to leave a socket to nobody.
   */
  has(listener: number): boolean {
    return (
      holdersOfSocket(listener).some(({ command }) => !isWorkerCommand(command)) ||
      processesOutOfSight().some(({ command }) => command === this.#command)
    );
  }
}
