// Who a request comes from. A header about that counts only if a trusted proxy has written it.
import { BlockList, isIP } from "node:net";
import { ipFamily } from "../../net/ip.ts";
import { UNIX_CLIENT } from "./client.ts";

/** How many peers, and chains of them, are remembered, so that each is looked up once. */
const REMEMBERED = 10_000;
/** No longer one is remembered: most have one address or two. */
const LONGEST = 100;

export class Clients {
  readonly #trusted = new BlockList();
  readonly #trustsUnix: boolean;
  readonly #known = new Map<string, boolean>();
  readonly #chains = new Map<string, Chain>();
  /** No peer is trusted, whoever it is. */
  readonly trustsNobody: boolean;

  /**
   * @param trustedProxies addresses, networks such as `10.0.0.0/8`, and "unix": whoever may use our
   *   Unix socket; all of them valid
   */
  constructor(trustedProxies: readonly string[]) {
    this.#trustsUnix = trustedProxies.includes("unix");
    this.trustsNobody = trustedProxies.length === 0;
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

  /** The chain in a header that is a list, such as `X-Forwarded-For`. */
  chainIn(header: string): Chain {
    const found = this.#chains.get(header);
    if (found !== undefined) return found;
    const chain = this.follow(entriesOf(header));
    if (header.length > LONGEST) return chain;
    if (this.#chains.size >= REMEMBERED) this.#chains.clear();
    this.#chains.set(header, chain);
    return chain;
  }

  /**
   * Follows a chain of proxies from a trusted one to the client: each proxy appends the peer that
   * it got the request from, so the chain is read from its end.
   * @param hops what each has appended, in the order of the header
   */
  follow(hops: readonly string[]): Chain {
    let client: string | undefined;
    for (let index = hops.length - 1; index >= 0; index--) {
      const address = this.#addressOf(hops[index] ?? "");
      if (address === undefined) return chainOf(hops, client, hops.length - 1 - index);
      client = address;
      if (!this.isTrusted(address)) return chainOf(hops, client, hops.length - index);
    }
    return chainOf(hops, client, hops.length);
  }

  /**
   * The address in `1.2.3.4`, `1.2.3.4:5`, `::1` or `[::1]:5`, and `unix:`, as nginx calls its
   * clients on a Unix socket; undefined for anything else.
   */
  #addressOf(text: string): string | undefined {
    if (text === UNIX_CLIENT.address) return text;
    return addressIn(text);
  }
}

export interface Chain {
  /** Undefined: the chain names nobody. */
  readonly client: string | undefined;
  /** How many entries are known to be true, from the end: the client's and those after it. */
  readonly known: number;
  /** These entries, where there are others too; undefined: there are none. */
  readonly cut: string | undefined;
}

function chainOf(hops: readonly string[], client: string | undefined, known: number): Chain {
  const isWhole = known === 0 || known === hops.length;
  return { client, known, cut: isWhole ? undefined : hops.slice(-known).join(", ") };
}

/** The entries of a header that is a list. */
export function entriesOf(header: string): string[] {
  return header.split(",").map((entry) => entry.trim());
}

const BRACKETED = /^\[(.*)\](?::\d+)?$/;
const WITH_PORT = /^([\d.]+):\d+$/;

function addressIn(text: string): string | undefined {
  // Not `isIP`, which takes a zone for a part of an address, and anything for a zone.
  const bare = BRACKETED.exec(text)?.[1] ?? WITH_PORT.exec(text)?.[1] ?? text;
  return ipFamily(bare) === 0 ? undefined : bare;
}
