// What to say when a program has asked for another address than pounce's: its users, or a proxy,
// may expect it there.
import type { ServeOptions } from "../http/serve-options.ts";
import { asksFor } from "./choose.ts";

interface Found {
  /** The ports that its other servers ask for: pounce may have chosen the wrong one. */
  readonly others?: readonly number[];
  /** One of ours was waited for. */
  readonly hasWaited?: boolean;
}

/**
 * A line for the log; undefined: the program has asked for an address of ours, or for none.
 * @param label the program's name
 * @param options what it has given to `Bun.serve`
 * @param ports those that pounce listens on
 */
export function otherAddressRemark(
  label: string,
  { port, unix }: ServeOptions,
  ports: readonly number[],
  { others = [], hasWaited = false }: Found = {},
): string | undefined {
  const instead = "pounce serves it on its own address instead";
  if (typeof unix === "string") return `${label} asks for the Unix socket ${unix}; ${instead}`;
  const asked = Number(port ?? 0);
  if (asked === 0 || asksFor(asked, ports)) return undefined;
  const remedy = `port = ${asked} in the configuration, or --port ${asked}`;
  const remark = hasWaited
    ? `${label} asks for port ${asked}; ${instead}, after waiting in vain for a server on port ` +
      `${ports.join(" or ")}, which takes seconds. If it is to be ${asked}, without the wait: ` +
      remedy
    : `${label} asks for port ${asked}; ${instead}. If it is to be ${asked}: ${remedy}`;
  const other = others.find((it) => it > 0 && it !== asked);
  if (other === undefined) return remark;
  return `${remark}. If the one to serve is the server that it has on ${other}: port = ${other}`;
}
