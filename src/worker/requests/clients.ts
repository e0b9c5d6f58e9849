// Who a request comes from. A header about that counts only if a trusted proxy has written it.
import { BlockList, isIP } from "node:net";
import { UNIX_CLIENT } from "./client.ts";

/** How many peers are remembered, so that each is looked up once. */
const REMEMBERED = 10_000;

export class Clients {
  readonly #trusted = new BlockList();
  readonly #trustsUnix: boolean;
  readonly #known = new Map<string, boolean>();

  /**
   * @param trustedProxies addresses, networks such as `10.0.0.0/8`, and "unix": whoever may use our
   *   Unix socket; all of them valid
   */
  constructor(trustedProxies: readonly string[]) {
    this.#trustsUnix = trustedProxies.includes("unix");
    for (const text of trustedProxies.filter((it) => it !== "unix")) {
      const [address = "", bits] = text.split("/");
      const family = isIP(address) === 6 ? "ipv6" : "ipv4";
      if (bits === undefined) this.#trusted.addAddress(address, family);
      else this.#trusted.addSubnet(address, Number(bits), family);
    }
  }

  /** Whether to believe what this peer says about the client. */
  isTrusted(address: string): boolean {
    if (address === UNIX_CLIENT.address) return this.#trustsUnix;
    const known = this.#known.get(address);
    if (known !== undefined) return known;
    const family = isIP(address);
    const trusted = family !== 0 && this.#trusted.check(address, family === 6 ? "ipv6" : "ipv4");
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    this.#known.set(address, trusted);
    return trusted;
  }

  /**
   * The client behind `peer`: the last one in `X-Forwarded-For` that is not a trusted proxy itself,
   * since each proxy appends the peer that it got the request from. The peer itself if it is not
   * trusted, or has sent no address.
   */
  clientOf(peer: string, forwardedFor: string | null): string {
    if (forwardedFor === null || !this.isTrusted(peer)) return peer;
    let client = peer;
    for (const part of forwardedFor.split(",").toReversed()) {
      const address = addressOf(part.trim());
      if (address === undefined) return client;
      client = address;
      if (!this.isTrusted(address)) return client;
    }
    return client;
  }
}

/** The address in `1.2.3.4`, `1.2.3.4:5`, `::1` or `[::1]:5`; undefined for anything else. */
function addressOf(text: string): string | undefined {
  const bare = /^\[(.*)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
  return isIP(bare) === 0 ? undefined : bare;
}
