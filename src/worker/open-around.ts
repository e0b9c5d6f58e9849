// Makes what goes around every handler, where requests are logged or get an id. Its code is loaded only
// there.
import type { LoadMessage } from "../ipc/messages.ts";
import type { ServerOptions } from "./server.ts";

/** The server's own stdout, which is not this process's where its output is captured. */
const STDOUT = 5;

/** @param warn tells of lines of the access log that are lost */
export async function openAround(
  { accessLog, requestId: giveIds, trustedProxies, generation, worker }: LoadMessage,
  warn: (words: string) => void,
): Promise<ServerOptions["around"]> {
  if (accessLog === undefined && !giveIds) return undefined;
  const { Around } = await import("./around.ts");
  const who = { generation, worker };
  const onLost = (lines: number): void =>
    warn(`${lines} line(s) of the access log are lost: its reader did not keep up`);
  const options = { accessLog, stdout: STDOUT, giveIds, trustedProxies, who, onLost };
  return (servers) => new Around(options, servers);
}
