// What a simulated worker does at each message of its master's.

import type { ToWorker } from "../../../../src/ipc/messages.ts";
import type { Connections } from "./connections.ts";
import type { SimulatedLeadership } from "./leadership.ts";
import type { Leaving } from "./leaving.ts";
import type { Listening } from "./listening.ts";
import type { Self } from "./self.ts";
import type { Startup } from "./startup.ts";

interface Whole extends Self {
  readonly connections: Connections;
  readonly leadership: SimulatedLeadership;
  readonly leaving: Leaving;
  readonly listening: Listening;
  readonly startup: Startup;
  linkTo(peer: number): void;
}

export function obey(worker: Whole, message: ToWorker): void {
  const { listening, leadership, leaving, startup } = worker;
  switch (message.type) {
    case "bind":
      return message.shared === undefined
        ? listening.bind(message.addresses)
        : listening.bindShared(message.addresses);
    case "drain":
      return leaving.drain();
    case "release":
      return listening.release(message.address);
    case "force":
      return leaving.force();
    case "stop":
      return leaving.end();
    case "report": {
      const { count: connections } = worker.connections;
      const report = { requests: 1, inFlight: 0, connections, memoryBytes: 0 };
      return worker.say({ type: "report", id: message.id, report });
    }
    case "accept":
      return listening.setAccepting(message.address, message.accepts);
    case "open-unlisted":
      return worker.say({ type: "unlisted", id: message.id, port: 1 });
    case "load":
      return startup.load(message);
    case "lead":
      return leadership.lead(message.untilMs);
    case "lease":
      return leadership.renew(message.untilMs);
    case "resign":
      return leadership.resign();
    case "link":
      return worker.linkTo(message.peer);
    case "standby":
      return standBy(worker, message.isOn);
    case "carry":
    case "close-unlisted":
    case "spread":
    case "health":
    case "reopen-log":
    case "tls":
      return;
    default:
      message satisfies never;
  }
}

function standBy(worker: Whole, isOn: boolean): void {
  if (worker.stage !== "ready" && worker.stage !== "standby") return;
  worker.stage = isOn ? "standby" : "ready";
  if (isOn) worker.connections.letGo();
}
