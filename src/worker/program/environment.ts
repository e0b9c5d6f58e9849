// The variables by which a program learns where it is to listen.
import type { TcpAddress } from "../../net/address.ts";

/**
 * Sets `PORT` and `HOST` to the first address that pounce listens on, whatever they were. Port 0 is
 * any free port, which no worker knows before the first one listens.
 */
export function tellAddress([first]: readonly TcpAddress[]): void {
  if (first === undefined) return;
  process.env["PORT"] = String(first.port);
  process.env["HOST"] = first.host;
}
