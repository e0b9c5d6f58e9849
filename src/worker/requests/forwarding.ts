// What the app gets to see of what proxies say about a request, where `trusted_proxies` is set.
//
// From a peer that is no trusted proxy, it sees nothing: whoever sends `X-Forwarded-User` may be
// anybody. From a trusted one it sees what that proxy vouches for. A list is cut where its known
// part begins, so that its first entry is the client, whichever end of it an app looks at.
import { isValidHost } from "../http/host.ts";
import { readForwarded } from "../http/forwarded.ts";
import { type Clients, entriesOf } from "./clients.ts";

/** The headers of a request, of Bun's or of node:http's. Names are in lower case. */
export interface HeaderFields {
  get(name: string): string | null;
  set(name: string, value: string): void;
  remove(name: string): void;
  /** Those that are there now: the list stays the same when one is removed. */
  names(): readonly string[];
}

const FOR = "x-forwarded-for";
const FORWARDED = "forwarded";
const REAL_IP = "x-real-ip";
const FAMILY = "x-forwarded-";

/** Headers that each proxy may set or append to, and what an entry looks like. */
const LISTS: readonly (readonly [name: string, isValid: (entry: string) => boolean])[] = [
  ["x-forwarded-proto", (entry) => /^(?:https?|wss?)$/i.test(entry)],
  ["x-forwarded-host", isValidHost],
  ["x-forwarded-port", (entry) => /^\d{1,5}$/.test(entry)],
];

/**
 * Takes away what nobody vouches for. Returns the address of the client.
 * @param peer the address that the request comes from
 */
export function keepTrusted(clients: Clients, peer: string, fields: HeaderFields): string {
  if (!clients.isTrusted(peer)) {
    removeAll(fields);
    return peer;
  }
  const header = fields.get(FOR);
  const chain = header === null ? undefined : clients.chainIn(header);
  if (chain?.known === 0) fields.remove(FOR);
  else if (chain?.cut !== undefined) fields.set(FOR, chain.cut);
  const client = chain && (chain.client ?? peer);
  const named = keepForwarded(clients, peer, fields, client);
  // A proxy that appends to one list appends to the other. One that sets it sets one entry.
  for (const [name, isValid] of LISTS) keepValid(fields, name, isValid, chain?.known ?? 1);
  return keepRealIp(clients, fields, client ?? named, peer);
}

function removeAll(fields: HeaderFields): void {
  for (const name of fields.names()) {
    const isOne = name.startsWith(FAMILY) || name === FORWARDED || name === REAL_IP;
    if (isOne) fields.remove(name);
  }
}

/**
 * @param known the client, where that is known already: a header that names another one is not that
 *   of the trusted proxy
 * @returns the client that it names; undefined: none
 */
function keepForwarded(
  clients: Clients,
  peer: string,
  fields: HeaderFields,
  known: string | undefined,
): string | undefined {
  const header = fields.get(FORWARDED);
  if (header === null) return undefined;
  const elements = readForwarded(header) ?? [];
  const nodes = elements.map(({ node }) => node ?? "");
  const chain = clients.follow(nodes);
  const client = chain.client ?? peer;
  // The last element is the trusted proxy's own, even if it hides whom it is about.
  const isOurs = elements.length > 0 && (known === undefined || known === client);
  const count = isOurs ? Math.max(chain.known, 1) : 0;
  keepLast(
    fields,
    FORWARDED,
    elements.map(({ text }) => text),
    count,
  );
  return isOurs ? client : undefined;
}

/** @param client from other headers; undefined: they name none */
function keepRealIp(
  clients: Clients,
  fields: HeaderFields,
  client: string | undefined,
  peer: string,
): string {
  const header = fields.get(REAL_IP);
  if (header === null) return client ?? peer;
  const named = client ?? clients.chainIn(header).client;
  const real = named ?? peer;
  if (named === undefined) fields.remove(REAL_IP);
  else if (header !== real) fields.set(REAL_IP, real);
  return real;
}

/** Keeps that many entries, the last ones, if they are valid. */
function keepValid(
  fields: HeaderFields,
  name: string,
  isValid: (entry: string) => boolean,
  count: number,
): void {
  const header = fields.get(name);
  if (header === null) return;
  if (!header.includes(",")) {
    if (!isValid(header)) fields.remove(name);
    return;
  }
  const entries = entriesOf(header);
  const kept = Math.max(count, 1);
  keepLast(fields, name, entries, entries.slice(-kept).every(isValid) ? kept : 0);
}

/** Keeps that many entries, the last ones. */
function keepLast(
  fields: HeaderFields,
  name: string,
  entries: readonly string[],
  count: number,
): void {
  if (count <= 0) fields.remove(name);
  else if (count < entries.length) fields.set(name, entries.slice(-count).join(", "));
}
