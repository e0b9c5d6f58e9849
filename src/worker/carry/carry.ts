// The WebSockets of a worker that move to other workers, or come from them: its leave.ts and its
// arrive.ts, and what the log says of it.
import { LATE_AFTER } from "../../core/carry/leaving.ts";
import { Polls } from "../../net/polls.ts";
import { explain } from "../../os/shortage.ts";
import type { Link } from "../links/link.ts";
import type { Links } from "../links/links.ts";
import type { SharedServers } from "../serve/shared-servers.ts";
import type { WorkerLog } from "../worker-log.ts";
import { Arrive } from "./arrive.ts";
import { CarryServer } from "./carry-server.ts";
import type { Keeper } from "../movable/keeper.ts";
import { Leave } from "./leave.ts";
import type { LeaveResult } from "./leave-result.ts";
import { Patience } from "./patience.ts";
import { technique } from "./technique.ts";
import { serveByBun, serveByLibrary, type ServeTrial } from "./trial-servers.ts";

/** How long a link, and the first word over it, may come after the master's word to leave. */
const LINKED_WITHIN_MS = 500;
const SETTLED_EACH_MS = 20;

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
  readonly #arrive: Arrive;
  #isLeaving = false;
  #isStopped = false;
  /** That the app throws when WebSockets come is told once: it may do so for each. */
  #hasThrown = false;
  /** Who takes what leaves. */
  #workers: readonly number[] = [];

  constructor(readonly options: CarryOptions) {
    const { servers, keeper, links, closeCode, log } = options;
    this.#arrive = new Arrive({
      connections: servers.connections,
      polls: () => this.#polls(),
      webSockets: servers.handlers.webSockets,
      keeper,
      history: servers.handlers.options.history,
      server: () => (this.#server ??= new CarryServer(servers.handlers)),
      trial: this.#trial,
      closeCode,
      tell: (event, words) => log.warn(event, words),
      onThrown: (thrown) => this.#noteThrown(thrown),
      onArrived: () => servers.handlers.options.meter.carried(),
    });
    links.onOpen((link) => this.#arrive.listen(link));
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

  /**
   * Offers all WebSockets to these workers. Those that cannot move are closed.
   * @param timeoutMs of the drain
   */
  async leave(workers: readonly number[], timeoutMs: number): Promise<void> {
    const { servers, keeper, log } = this.options;
    const { webSockets } = servers.handlers;
    const beganMs = performance.now();
    const untilMs = beganMs + timeoutMs;
    const lateMs = beganMs + LATE_AFTER * timeoutMs;
    this.#workers = workers;
    this.#isLeaving = true;
    try {
      const polls = this.#polls();
      const [found, links] = await Promise.all([technique(polls, this.#trial), this.#links()]);
      if (this.#isStopped) return;
      if (links.length === 0) throw new Error("no worker of the new version can be reached");
      const { connections } = servers;
      const tell = log.warn.bind(log);
      const { history } = servers.handlers.options;
      const common = { connections, polls, webSockets, keeper, links, history, tell };
      const onIdle = (result: LeaveResult): void => {
        const { words, fields } = result;
        if (words === undefined) return;
        servers.handlers.options.meter.notCarried(fields.closed);
        if (result.isShort) log.warn("websockets-carried", words, undefined, { ...fields });
        else log.info("websockets-carried", words, { ...fields });
      };
      this.#leave = new Leave({
        ...common,
        technique: found,
        refusedEachMs: webSockets.eachMs,
        lateMs,
        untilMs,
        onIdle,
      });
      await this.#leave.begin();
    } catch (error) {
      const words = `WebSockets are closed, as they cannot be carried: ${explain(error)}`;
      log.warn("carry-hindered", words);
      this.#isLeaving = false;
      webSockets.closeAll();
    }
  }

  /**
   * Resolves when nothing is left to be done here for those that leave, or have left: the app
   * handles no message, and nothing is passed on for older workers.
   */
  async settled(): Promise<void> {
    const { keeper } = this.options;
    while (!this.#isStopped && this.#isLeaving) {
      const isOver = this.#leave?.isOver === true;
      if (isOver && !keeper.isHandling && !this.#arrive.passesOn) return;
      await Bun.sleep(SETTLED_EACH_MS);
    }
  }

  /**
   * The server stops: what has not left is closed here.
   * @param isLate the time of the drain is up
   */
  stop(isLate: boolean): void {
    this.#isStopped = true;
    this.#leave?.stop(isLate);
  }

  #noteThrown(thrown: unknown): void {
    if (this.#hasThrown) return;
    this.#hasThrown = true;
    const what = "the app threw when a WebSocket came from another worker (this is told once)";
    this.options.log.error("app-threw", what, { thrown });
  }

  /** From now on these take what has not left. */
  async redirect(workers: readonly number[]): Promise<void> {
    this.#workers = workers;
    const leave = this.#leave;
    if (leave !== undefined) leave.redirect(await this.#links());
  }

  /** To those that are to take them. */
  async #links(): Promise<Link[]> {
    const { links, servers } = this.options;
    const { history } = servers.handlers.options;
    const patience = new Patience(LINKED_WITHIN_MS);
    for (;;) {
      const workers = this.#workers;
      const found = workers.map((worker) => links.get(worker)).filter((link) => link !== undefined);
      const isHeard = workers.every((worker) => history?.hears(String(worker)) ?? true);
      const isAll = found.length === workers.length && isHeard;
      if (isAll || patience.isOver) return found;
      await Bun.sleep(1);
    }
  }
}
