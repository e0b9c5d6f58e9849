// What a program finds in its process that is not as under Bun. It is put there before the module
// of the program is imported, so that nothing can have looked at it before.
import { slotIn } from "../../ipc/worker-name.ts";
import { notesOfSockets } from "../../ipc/port-notes.ts";
import type { TcpAddress } from "../../net/address.ts";
import type { OpenPort } from "../../net/listeners.ts";
import { ClusterUse } from "./cluster.ts";
import { tellAddress } from "./environment.ts";
import { isUdp, nameOf, OwnListeners } from "./own-listeners.ts";
import { takeReadyMessage } from "./ready-message.ts";

/** Read here, as a program gets arguments of its own. */
const slot = slotIn(process.argv.slice(2)) ?? 0;

export class Surroundings {
  readonly listeners: OwnListeners;
  readonly #cluster: ClusterUse;

  /**
   * @param entry the program's main file; "": it is inside the executable
   * @param addresses where pounce listens
   */
  constructor(entry: string, addresses: readonly TcpAddress[]) {
    tellAddress(addresses);
    this.listeners = new OwnListeners(addresses);
    this.#cluster = new ClusterUse(entry, slot + 1);
    takeReadyMessage(entry);
  }

  /** What to add where the program has started no server: "" if there is nothing. */
  get whyNoServer(): string {
    if (!this.#cluster.isUsed) return "";
    return (
      ". It uses node:cluster, and what is for the primary alone is never run: if the primary " +
      "forks another file, serve that one"
    );
  }

  /**
   * Lines for the log about what the program has found, and what it has opened.
   * @param label the program's name
   * @param ports those that this process listens on
   */
  notes(label: string, ports: readonly OpenPort[]): string[] {
    const tcp = ports.map(({ port, isShared }) => ({ name: `port ${port}`, isShared }));
    const others = this.listeners.open.filter((it) => it.path !== undefined || isUdp(it));
    const sockets = others.map((it) => ({ name: nameOf(it), isShared: it.path === undefined }));
    const notes = notesOfSockets(label, [...tcp, ...sockets]);
    return this.#cluster.isUsed ? [...notes, noteOfCluster(label)] : notes;
  }
}

function noteOfCluster(label: string): string {
  return (
    `${label} uses node:cluster: pounce's workers take the place of its own, so each of them ` +
    "finds that it is a worker (isPrimary is false), what is for the primary alone is never run, " +
    "and fork is refused"
  );
}
