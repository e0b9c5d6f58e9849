// What to say when a program has asked for another address than pounce's: its users, or a proxy,
// may expect it there.
import type { ServeOptions } from "../http/serve-options.ts";
import { asksFor } from "./choose.ts";

/**
 * A line for the log; undefined: the program has asked for an address of ours, or for none.
 * @param label the program's name
 * @param options what it has given to `Bun.serve`
 * @param ports those that pounce listens on
 * @param others those that its other servers ask for: pounce may have chosen the wrong one
 */
export function otherAddressRemark(
  label: string,
  { port, unix }: ServeOptions,
  ports: readonly number[],
  others: readonly number[] = [],
): string | undefined {
  const instead = "pounce serves it on its own address instead";
  if (typeof unix === "string") return `${label} asks for the Unix socket ${unix}; ${instead}`;
  const asked = Number(port ?? 0);
  if (asked === 0 || asksFor(asked, ports)) return undefined;
  const remedy = `port = ${asked} in the configuration, or --port ${asked}`;
  const remark = `${label} asks for port ${asked}; ${instead}. If it is to be ${asked}: ${remedy}`;
  const other = others.find((it) => it > 0 && it !== asked);
  if (other === undefined) return remark;
  return `${remark}. If the one to serve is the server that it has on ${other}: port = ${other}`;
}
