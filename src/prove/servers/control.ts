// Reloads of pounce, ordered over its control socket. Nothing else is ever asked of a server that
// was not started by prove.
import { ask } from "../../admin/client.ts";
import type { ReloadResult } from "../../admin/protocol.ts";
import { rejected, type ReloadOutcome } from "../subject.ts";

/**
 * Orders a reload, and waits until the old generation has gone: then each loss belongs to one
 * reload, and the end of the old workers, where other servers lose most, comes under load.
 */
export async function reloadPounce(path: string): Promise<ReloadOutcome> {
  const reply = await ask(path, "POST", "/reload?until=ended");
  switch (reply.kind) {
    case "answer":
      return reply.status === 200 || "ok" in reply.body
        ? outcomeOf(reply.body as unknown as ReloadResult)
        : rejected(String(reply.body["reason"] ?? `its answer was ${reply.status}`));
    case "silent":
      return rejected("the server gives no sign of life");
    case "gone":
      return rejected("the server went away");
    case "nobody":
    case "foreign":
      return rejected("no pounce answers at the control socket any more");
    default:
      return reply satisfies never;
  }
}

function outcomeOf({ ok, reason, receipt }: ReloadResult): ReloadOutcome {
  if (!ok) return rejected(reason ?? "the server does not say why");
  return {
    outcome: "completed",
    reason: undefined,
    readyMs: receipt?.ready_ms ?? undefined,
    drainMs: receipt?.drain_ms ?? undefined,
  };
}
