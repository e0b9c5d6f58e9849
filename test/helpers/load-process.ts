// The load client as a separate process, for an address that only another network namespace has:
//   nsenter -t PID -n bun load-process.ts
//
// It is driven over IPC, see remote-load.ts.
import type { Load } from "./load.ts";
import { startLoad } from "./load.ts";
import { ask } from "../../src/prove/load/http.ts";
import type { Answer, Order } from "./remote-load.ts";

let load: Load | undefined;

async function obey(order: Order): Promise<unknown> {
  switch (order.do) {
    case "start":
      load = startLoad(order.options);
      return undefined;
    case "until-more":
      return load?.untilMore(order.count);
    case "stop":
      return load?.stop();
    case "ask": {
      const { status, text } = await ask({ port: order.port }, order.path, order.timeoutMs);
      return { status, text };
    }
    default:
      return order satisfies never;
  }
}

function answer(message: Answer): void {
  process.send?.(message);
}

process.on("message", ({ id, order }: { id: number; order: Order }) => {
  obey(order).then(
    (value) => answer({ id, ok: true, value }),
    (error: unknown) => answer({ id, ok: false, reason: String(error) }),
  );
});
process.on("disconnect", () => process.exit());
