// One port that is free on several addresses, found by listening for a moment: for systems where we
// make no system calls.
import { probeByListening } from "./probe-by-listening.ts";
import type { ReservedPort } from "./shared-port.ts";

const MOST_CHOICES = 64;

/** Like `reservePort`, but reserves nothing: a worker that finds the port taken says so. */
export function choosePortByListening(hosts: readonly string[]): ReservedPort {
  const [first = "127.0.0.1"] = hosts;
  for (let choice = 0; choice < MOST_CHOICES; choice++) {
    const listener = Bun.listen({ hostname: first, port: 0, socket: { data: () => undefined } });
    const { port } = listener;
    listener.stop(true);
    if (hosts.every((host) => probeByListening({ host, port }) === undefined)) {
      return { port, release: () => undefined };
    }
  }
  throw new Error(`port: of ${MOST_CHOICES} free ports none is free on ${hosts.join(", ")}`);
}
