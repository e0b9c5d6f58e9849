// A port of 127.0.0.1 that only those find who are told: pounce itself for the warm-up, and the
// operator's command. The app's handlers answer there as everywhere, on the same path, step by
// step. But what is asked there is no client's: it is in no access log and in no metrics, counts
// as nobody's connection, and holds up no drain.
import { PAGE_LENGTH } from "../../metrics/page.ts";
import type { Layer } from "../http/layer.ts";
import { InFlight, type Liveness, type Tracked } from "./in-flight.ts";
import { Meter } from "./meter.ts";
import type { RequestLayer } from "./request-layer.ts";

/** Its connections have names of their own, beside those of the servers that are counted. */
const NUMBER = -1;

interface UnlistedOptions {
  readonly liveness: Liveness;
  /** A request has ended. */
  readonly onEnded: (request: Tracked) => void;
  /** What wraps the handlers elsewhere, the innermost first. */
  readonly layers: readonly Layer[];
  readonly requestLayer: RequestLayer | undefined;
}

/** What takes the place of what notes requests elsewhere. */
export class Unlisted {
  readonly inFlight: InFlight;
  /** On a page that nobody reads. */
  readonly meter = new Meter(new Float64Array(PAGE_LENGTH));
  readonly requestLayer: RequestLayer | undefined;
  readonly layers: Layer[];
  readonly #requests = new WeakSet<Tracked>();

  constructor({ liveness, onEnded, layers, requestLayer }: UnlistedOptions) {
    this.inFlight = new InFlight(liveness, onEnded, NUMBER);
    this.requestLayer = requestLayer?.unlogged();
    const noting: Layer = {
      wrap: (handler) => (request, server) => {
        this.note(request);
        return handler(request, server);
      },
    };
    const others = layers.map((layer) =>
      layer === requestLayer && this.requestLayer !== undefined ? this.requestLayer : layer,
    );
    this.layers = [noting, ...others];
  }

  /** It has come here. */
  note(request: Tracked): void {
    this.#requests.add(request);
  }

  has(request: Tracked): boolean {
    return this.#requests.has(request);
  }
}

/** The port, while it is open. */
export interface UnlistedPort {
  readonly port: number;
  /** Also ends the connections there. */
  close(): void;
}
