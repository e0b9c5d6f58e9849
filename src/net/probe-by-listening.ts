// Whether an address is free, found out by listening on it for a moment: for systems where we make
// no system calls.
import type { TcpAddress } from "./address.ts";

/** `undefined` when the address is free, else the error's name, such as EADDRINUSE. */
export function probeByListening({ host: hostname, port }: TcpAddress): string | undefined {
  try {
    Bun.listen({ hostname, port, socket: { data: () => undefined } }).stop(true);
    return undefined;
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    return typeof code === "string" ? code : String(error);
  }
}
