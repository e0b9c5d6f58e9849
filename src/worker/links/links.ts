// The links of this worker to others of its server.
import { Link } from "./link.ts";

/** Descriptors that each one takes. */
const DESCRIPTORS = 2;

interface LinksOptions {
  /** Is told how many descriptors more there are than before, or fewer. */
  readonly noteDescriptors?: (more: number) => void;
  /** Taking a message of a peer has failed: a fault of pounce. */
  readonly onThrown?: (peer: number, thrown: unknown) => void;
}

export class Links {
  readonly #links = new Map<number, Link>();
  readonly #onOpen: ((link: Link) => void)[] = [];

  constructor(readonly options: LinksOptions = {}) {}

  /** There is a link to a worker. It owns the descriptors from now on. */
  open(peer: number, stream: number, descriptors: number): void {
    // Numbers are given once.
    this.#links.get(peer)?.close();
    const { noteDescriptors, onThrown } = this.options;
    const link = new Link(peer, stream, descriptors, (thrown) => onThrown?.(peer, thrown));
    this.#links.set(peer, link);
    noteDescriptors?.(DESCRIPTORS);
    link.onClosed(() => {
      noteDescriptors?.(-DESCRIPTORS);
      if (this.#links.get(peer) === link) this.#links.delete(peer);
    });
    for (const handler of this.#onOpen) handler(link);
  }

  /** `undefined`: there is none, or none any more. */
  get(peer: number): Link | undefined {
    return this.#links.get(peer);
  }

  all(): Iterable<Link> {
    return this.#links.values();
  }

  /** Called for each link: those that are open already, and those that are opened. */
  onOpen(handler: (link: Link) => void): void {
    this.#onOpen.push(handler);
    for (const link of this.all()) handler(link);
  }
}
