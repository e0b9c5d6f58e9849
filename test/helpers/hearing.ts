// Asks a server all the time, on new connections, and remembers what was heard: answers, and in
// which other way than by finding nobody a client was turned away.
import type { Endpoint } from "../../src/prove/load/endpoint.ts";
import { Loss } from "../../src/prove/load/loss.ts";
import { ask } from "./requests.ts";
import { until } from "./until.ts";

const CLIENTS = 6;
/** A client that is left waiting asks again. */
const PATIENCE_MS = 500;

export interface Hearing {
  until(answer: string): Promise<void>;
  end(): Promise<Set<string>>;
}

export function listen(at: Endpoint): Hearing {
  const heard = new Set<string>();
  const end = new AbortController();
  const asking = Array.from({ length: CLIENTS }, async () => {
    while (!end.signal.aborted) {
      const answer = await Promise.race([ask(at, "/").then(({ text }) => text, wordFor), late()]);
      if (answer !== undefined) heard.add(answer);
      await Bun.sleep(5);
    }
  });
  return {
    until: (answer) => until(answer, () => heard.has(answer)),
    end: async () => {
      end.abort();
      await Promise.all(asking);
      return heard;
    },
  };
}

async function late(): Promise<undefined> {
  await Bun.sleep(PATIENCE_MS);
}

/** A client that finds nobody asks again. */
function wordFor(error: unknown): string | undefined {
  if (!(error instanceof Loss)) throw error;
  return error.kind === "refused" || error.kind === "timeout" ? undefined : error.kind;
}
