// A client that asks again as soon as it has an answer, which names the version that gave it, until
// it is told to stop. Connections are kept, or made anew for each request.
import { answerCalls } from "./calls.ts";
import { Connections } from "./connections.ts";

/** Whether a connection is used again. */
export type ConnectionUse = "kept" | "one request each";

/** As in `v0`. */
const VERSION_LENGTH = 2;

interface Order {
  readonly port: number;
  readonly use: ConnectionUse;
  readonly connections: number;
}

interface Count {
  /** Since the load began. */
  readonly answered: number;
  /** Requests without an answer or with another than 200, and connections that were refused. */
  readonly lost: number;
}

interface Asked extends Count {
  /** When each version was first heard of, in milliseconds of the epoch. */
  readonly firstHeardMs: Readonly<Record<string, number>>;
}

// A type alias: an interface could not stand for the record that LoadClient wants.
export type AskingCalls = {
  start: { given: Order; answer: null };
  count: { given: null; answer: Count };
  /** The load is over only when the client is ended. */
  stop: { given: null; answer: Asked };
};

/** After a loss, so that a server that is away does not make the client spin. */
const RETRY_MS = 1;

class Load {
  readonly #connections: Connections;
  readonly #firstHeardMs: Record<string, number> = {};
  #answered = 0;

  constructor(readonly order: Order) {
    const { port, use, connections } = order;
    this.#connections = new Connections(
      { port, path: "/", connections: use === "kept" ? connections : 0 },
      (_sentMs, last) => this.#onAnswer(last),
      () => setTimeout(() => this.#ask(), RETRY_MS),
    );
    for (let count = 0; count < connections; count += 1) this.#ask();
  }

  count(): Count {
    return { answered: this.#answered, lost: this.#connections.lost };
  }

  stop(): Asked {
    const asked = { ...this.count(), firstHeardMs: this.#firstHeardMs };
    this.#connections.stop();
    return asked;
  }

  #ask(): void {
    const nowMs = performance.now();
    if (this.order.use === "kept") this.#connections.send(nowMs);
    else this.#connections.sendOnNew(nowMs);
  }

  /** @param last the last bytes of the answer, which name the version */
  #onAnswer(last: Uint8Array): void {
    this.#answered += 1;
    const version = String.fromCharCode(...last.subarray(-VERSION_LENGTH));
    this.#firstHeardMs[version] ??= performance.timeOrigin + performance.now();
    this.#ask();
  }
}

let load: Load | undefined;

function current(): Load {
  if (load === undefined) throw new Error("no load has been started");
  return load;
}

answerCalls<AskingCalls>({
  async start(order) {
    load = new Load(order);
    return null;
  },
  async count() {
    return current().count();
  },
  async stop() {
    return current().stop();
  },
});
