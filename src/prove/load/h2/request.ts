// Requests of HTTP/2, from the headers that HTTP/1.1 would send.
import { authorityOf } from "../endpoint.ts";
import { mergedHeaders, type Target } from "../plan.ts";
import type { H2Request } from "./connection.ts";
import { encodeHeaders, type Header } from "./hpack.ts";

export interface Wanted {
  readonly method: string;
  readonly path: string;
  /** Unless the user has given others. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

export function h2Request(target: Target, wanted: Wanted): H2Request {
  const { method, path, headers = {}, body } = wanted;
  const length = body === undefined ? {} : { "content-length": String(body.length) };
  const all = mergedHeaders({ ...headers, ...length }, target.headers);
  const named = Object.entries(all).map(([name, value]) => [name.toLowerCase(), value] as const);
  const host = named.find(([name]) => name === "host")?.[1];
  const pseudo: Header[] = [
    [":method", method],
    [":scheme", target.endpoint.tls === undefined ? "http" : "https"],
    [":authority", host ?? authorityOf(target.endpoint)],
    [":path", path],
  ];
  const others = named.filter(([name]) => name !== "host");
  return { method, block: encodeHeaders([...pseudo, ...others]), body };
}
