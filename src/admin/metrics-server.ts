// The metrics on a port of their own, at the hosts of the app: for a Prometheus on another machine.
import { CONTENT_TYPE } from "../metrics/exposition.ts";
import { type Address, formatAddress } from "../net/address.ts";

/** Where metrics are to be had. */
export interface MetricsEndpoint {
  /** None: on the control socket alone. */
  readonly addresses: readonly Address[];
  readonly path: string;
}

export class MetricsServer {
  readonly #servers = new Map<string, Bun.Server<undefined>>();

  /**
   * @param text makes the metrics
   * @param onProblem told in one sentence of an address that cannot be listened on
   */
  constructor(
    readonly text: () => string,
    readonly onProblem: (problem: string) => void,
  ) {}

  /** The addresses that are listened on. */
  get addresses(): string[] {
    return [...this.#servers.keys()];
  }

  /** Is at these addresses from now on, and at no other. */
  use({ addresses, path }: MetricsEndpoint): void {
    const wanted = new Map(addresses.map((address) => [formatAddress(address), address]));
    for (const [name, server] of this.#servers) {
      if (wanted.has(name)) server.reload({ fetch: this.#handler(path) });
      else this.#close(name);
    }
    for (const [name, address] of wanted) {
      if (!this.#servers.has(name)) this.#open(name, address, path);
    }
  }

  close(): void {
    for (const name of this.addresses) this.#close(name);
  }

  #handler(path: string) {
    return (request: Request): Response => {
      if (new URL(request.url, "http://localhost").pathname !== path) {
        return new Response(`Metrics are at ${path}\n`, { status: 404 });
      }
      return new Response(this.text(), { headers: { "content-type": CONTENT_TYPE } });
    };
  }

  #open(name: string, { host: hostname, port }: Address, path: string): void {
    try {
      const fetch = this.#handler(path);
      this.#servers.set(name, Bun.serve({ hostname, port, fetch, development: false }));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.onProblem(`No metrics at http://${name}: ${reason}`);
    }
  }

  #close(name: string): void {
    void this.#servers.get(name)?.stop(true);
    this.#servers.delete(name);
  }
}
