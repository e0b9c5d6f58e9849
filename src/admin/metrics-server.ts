// The metrics on a port of their own, at the hosts of the app: for a Prometheus on another machine.
import { CONTENT_TYPE } from "../metrics/exposition.ts";
import { explain } from "../os/shortage.ts";
import { type TcpAddress, formatAddress } from "../net/address.ts";
import { serveFew, type SmallServer } from "./small-server.ts";

export interface MetricsEndpoint {
  /** None: on the control socket only. */
  readonly addresses: readonly TcpAddress[];
  readonly path: string;
}

export class MetricsServer {
  readonly #servers = new Map<string, SmallServer>();

  /**
   * @param text makes the metrics
   * @param onProblem gets one sentence about each address that cannot be listened on
   */
  constructor(
    readonly text: () => string,
    readonly onProblem: (problem: string) => void,
  ) {}

  get addresses(): string[] {
    return [...this.#servers.keys()];
  }

  /** Listens on these addresses from now on, and on no others. */
  use({ addresses, path }: MetricsEndpoint): void {
    const wanted = new Map(addresses.map((address) => [formatAddress(address), address]));
    for (const [name, server] of this.#servers) {
      if (wanted.has(name)) server.use(this.#handler(path));
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
      // Anybody who can connect may ask, even a web page in a browser: nothing can be ordered here.
      if (request.method !== "GET") {
        return new Response(null, { status: 405, headers: { allow: "GET" } });
      }
      if (new URL(request.url).pathname !== path) {
        return new Response(`Metrics are at ${path}\n`, { status: 404 });
      }
      return new Response(this.text(), { headers: { "content-type": CONTENT_TYPE } });
    };
  }

  #open(name: string, { host: hostname, port }: TcpAddress, path: string): void {
    try {
      const failed = (error: unknown): void =>
        this.onProblem(`Could not answer with metrics at http://${name}: ${explain(error)}`);
      this.#servers.set(name, serveFew({ hostname, port }, this.#handler(path), failed));
    } catch (error) {
      this.onProblem(`No metrics at http://${name}: ${explain(error)}`);
    }
  }

  #close(name: string): void {
    void this.#servers.get(name)?.stop(true);
    this.#servers.delete(name);
  }
}
