// Makes the layer around every handler if there is something for it to do. Its code is loaded only
// then.
import { SERVER_STDOUT } from "../../ipc/inherited.ts";
import type { LoadMessage } from "../../ipc/messages.ts";
import type { Outcomes } from "./outcome.ts";
import type { Peers, RequestLayer } from "./request-layer.ts";
import type { Tell } from "../trouble.ts";

export type MakeRequestLayer = (peers: Peers, outcomes: Outcomes) => RequestLayer;

/** @param warn reports that an access log cannot be written, and how much of it is lost */
export async function openRequestLayer(
  { accessLog, requestId: giveIds, trustedProxies, generation, worker }: LoadMessage,
  warn: Tell,
): Promise<MakeRequestLayer | undefined> {
  if (accessLog === undefined && !giveIds && trustedProxies === undefined) return undefined;
  const { RequestLayer: Layer } = await import("./request-layer.ts");
  const who = { generation, worker };
  const trouble = {
    lost: (lines: number, why: string): void =>
      warn("access-log-lost", `${lines} access log line(s) were lost: ${why}`),
    refused: (why: string): void =>
      warn("access-log-unwritable", `Cannot write the access log: ${why}`),
  };
  const options = { accessLog, stdout: SERVER_STDOUT, giveIds, trustedProxies, who, trouble };
  return (peers, outcomes) => new Layer(options, peers, outcomes);
}
