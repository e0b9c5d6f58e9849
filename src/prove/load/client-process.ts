// A client process: this executable, started again. It reports to the process that started it, and
// ends with it, however that ends.
import { messageOf } from "../../errors/message-of.ts";
import { Channel } from "../../ipc/channel.ts";
import { CLIENT_CHANNEL } from "../../ipc/inherited.ts";
import { machineMs } from "../../os/clock.ts";
import { explain } from "../../os/shortage.ts";
import { Clients } from "./clients.ts";
import type { FromClient, Start, ToClient } from "./messages.ts";
import { Stalls } from "./stalls.ts";

const REPORT_EACH_MS = 250;

/** Those that a terminal sends to all: the process that was started there decides. */
const OF_TERMINAL = ["SIGINT", "SIGQUIT", "SIGHUP"] as const;

/** Resolves with the exit code. */
export async function runClientProcess(): Promise<number> {
  for (const signal of OF_TERMINAL) process.on(signal, () => undefined);
  return new Promise((exit) => {
    let clients: Clients | undefined;
    const channel = new Channel(CLIENT_CHANNEL, {
      onValue: (value) => {
        const message = value as ToClient;
        if (message.type === "stop") clients?.stop();
        else clients = begun(message, channel);
      },
      onClosed: () => exit(0),
    });
  });
}

/** Undefined: it cannot begin, which is told. */
function begun(start: Start, channel: Channel): Clients | undefined {
  try {
    return begin(start, channel);
  } catch (error) {
    const failed: FromClient = { type: "failed", words: messageOf(error) };
    channel.send(failed);
    return undefined;
  }
}

function begin(start: Start, channel: Channel): Clients {
  const offsetMs = machineMs() - performance.now();
  const clients = new Clients(start, () => offsetMs + performance.now());
  const send = (message: FromClient): boolean => channel.send(message);
  const stalls = new Stalls(REPORT_EACH_MS);
  const timer = setInterval(() => {
    stalls.tick(performance.now());
    const { longestMs: stalledMs } = stalls;
    // What is not reported now is in the next report: none may be dropped.
    if (!channel.isBehind) send({ type: "report", reports: clients.take(), stalledMs });
  }, REPORT_EACH_MS);
  clients.ended
    .finally(() => clearInterval(timer))
    .then(
      () => send({ type: "last-report", reports: clients.take(), stalledMs: stalls.longestMs }),
      (error: unknown) => send({ type: "failed", words: explain(error) }),
    );
  return clients;
}
