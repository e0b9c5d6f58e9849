// Any request that fixtures/answers.ts can answer, one after another on a connection. Each answer
// must equal the first one of this load, to the byte, whichever worker gives it.
import { fingerprint, nameOf, STEADY_REQUESTS } from "../answers.ts";
import { Loss } from "../../../src/prove/load/loss.ts";
import { type Recorder } from "./buckets.ts";
import type { Client, Session } from "./client.ts";
import { exchange } from "../../../src/prove/load/http.ts";

const references = new WeakMap<Recorder, Map<string, string>>();

export const sameAnswers: Session = async (client) => {
  using socket = await client.connect();
  for (;;) {
    const index = client.random.between(0, STEADY_REQUESTS.length - 1);
    const request = STEADY_REQUESTS[index] ?? { path: "/" };
    const askedMs = performance.now();
    const reply = await exchange(socket, request);
    compare(client, nameOf(request), fingerprint(reply));
    if (reply.closes || !(await client.pause(client.random.between(0, 20)))) return;
    if (!client.stillOpen(socket, askedMs)) return;
  }
};

function compare({ recorder, mode }: Client, name: string, answer: string): void {
  const known = references.get(recorder) ?? new Map<string, string>();
  references.set(recorder, known);
  const reference = known.get(name) ?? answer;
  known.set(name, reference);
  if (answer !== reference) throw new Loss("wrong", `${name}: ${answer}, not ${reference}`);
  recorder.ok(mode);
}
