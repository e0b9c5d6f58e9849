// The WebSockets of a worker that move to other workers, or come from them: its leave.ts and its
// arrive.ts, and what the log says of it.
import { Polls } from "../../net/polls.ts";
import { explain } from "../../os/shortage.ts";
import type { Link } from "../links/link.ts";
import type { Links } from "../links/links.ts";
import type { SharedServers } from "../serve/shared-servers.ts";
import type { WorkerLog } from "../worker-log.ts";
import { Arrive } from "./arrive.ts";
import { CarryServer } from "./carry-server.ts";
import type { Keeper } from "../movable/keeper.ts";
import { Leave, type LeaveResult } from "./leave.ts";
import { technique } from "./technique.ts";
import { serveByBun, serveByLibrary, type ServeTrial } from "./trial-servers.ts";

/** How long the master's word that there is a link may come after its word to leave. */
const LINKED_WITHIN_MS = 500;

export interface CarryOptions {
  readonly servers: SharedServers;
  readonly keeper: Keeper;
  readonly links: Links;
  readonly closeCode: number;
  readonly log: WorkerLog;
}

export class Carry {
  #server: CarryServer | undefined;
  #leave: Leave | undefined;
  #isStopped = false;

  constructor(readonly options: CarryOptions) {
    const { servers, keeper, links, closeCode, log } = options;
    const arrive = new Arrive({
      connections: servers.connections,
      polls: () => this.#polls(),
      webSockets: servers.handlers.webSockets,
      keeper,
      history: servers.handlers.options.history,
      server: () => (this.#server ??= new CarryServer(servers.handlers)),
      trial: this.#trial,
      closeCode,
      tell: (event, words) => log.warn(event, words),
      onArrived: () => servers.handlers.options.meter.carried(),
    });
    links.onOpen((link) => arrive.listen(link));
  }

  get #trial(): ServeTrial {
    return this.options.servers.handlers.isOfNode ? serveByLibrary : serveByBun;
  }

  /** Throws. */
  #polls(): Polls {
    const { polls } = this.options.servers;
    if (polls === undefined) throw new Error("what Bun's event loop waits for is not known");
    return polls;
  }

  /** Offers all WebSockets to these workers. Those that cannot move are closed. */
  async leave(workers: readonly number[]): Promise<void> {
    const { servers, keeper, log } = this.options;
    const { webSockets } = servers.handlers;
    try {
      const polls = this.#polls();
      const [found, links] = await Promise.all([
        technique(polls, this.#trial),
        this.#linksTo(workers),
      ]);
      if (this.#isStopped) return;
      if (links.length === 0) throw new Error("no worker of the new version can be reached");
      const { connections } = servers;
      const tell = log.warn.bind(log);
      const { history } = servers.handlers.options;
      const context = { connections, polls, webSockets, keeper, links, history, tell };
      this.#leave = new Leave({ ...context, technique: found });
      tellOf(log, await this.#leave.run());
    } catch (error) {
      const words = `WebSockets are closed, as they cannot be carried: ${explain(error)}`;
      log.warn("carry-hindered", words);
      webSockets.closeAll();
    }
  }

  /** The server stops: what has not left is closed here. */
  stop(): void {
    this.#isStopped = true;
    this.#leave?.stop();
  }

  async #linksTo(workers: readonly number[]): Promise<Link[]> {
    const { links } = this.options;
    const untilMs = performance.now() + LINKED_WITHIN_MS;
    for (;;) {
      const found = workers.map((worker) => links.get(worker)).filter((link) => link !== undefined);
      if (found.length === workers.length || performance.now() > untilMs) return found;
      await Bun.sleep(1);
    }
  }
}

/** Why some cannot move. */
const UNFIT =
  "compressed, not over TCP, on node:http not by the package ws, " +
  "or of a protocol on Engine.IO that is not known";

function tellOf(log: WorkerLog, { carried, closed, refusal }: LeaveResult): void {
  const { busy, refused, nobody, unfit } = closed;
  const count = busy + refused + nobody + unfit;
  if (carried + count === 0) return;
  const why = [
    ...(unfit === 0 ? [] : [`${unfit} ${UNFIT}`]),
    ...(busy === 0 ? [] : [`${busy} in the middle of a message, or of an answer`]),
    ...(refused === 0 ? [] : [`${refused} not upgraded by the new version (${refusal ?? "?"})`]),
    ...(nobody === 0 ? [] : [`${nobody} without a worker to go to`]),
  ];
  const moved = `${carried} WebSocket(s) moved to the new version`;
  const words = count === 0 ? moved : `${moved}; ${count} closed: ${why.join(", ")}`;
  log.info("websockets-carried", words);
}
