// One port that is free on several addresses, found out by listening for a moment: where no system
// call of our own can tell.
import { probeByListening } from "./probe-by-listening.ts";
import type { ReservedPort } from "./shared-port.ts";

const MOST_CHOICES = 64;

/** As `reservePort`, but nothing is reserved: a worker that finds the port taken says so. */
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
