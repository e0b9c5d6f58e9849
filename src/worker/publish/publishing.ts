// Whom what the app publishes reaches besides the WebSockets of this worker, see
// `WebSocketSettings.publish`.
import type { LoadMessage } from "../../ipc/messages.ts";
import { redisPlace } from "../../net/redis-url.ts";
import type { Links } from "../links/links.ts";
import type { WorkerLog } from "../worker-log.ts";
import { History } from "./history.ts";
import { deliver, deliverReceived, type Published, publishedBy } from "./published.ts";
import { ToWorkers } from "./to-workers.ts";

type BunServer = Bun.Server<unknown>;

/** How long a worker waits for its Redis before it listens. */
const FIRST_TRY_MS = 1000;

export class Publishing {
  /** Is told what has been published here; undefined: nobody else gets it. */
  readonly onPublished: ((...args: Parameters<BunServer["publish"]>) => void) | undefined;
  readonly history: History;
  /** Publishes to other servers. */
  #toServers: ((message: Published, number: number) => void) | undefined;

  constructor(
    readonly settings: LoadMessage,
    readonly links: Links,
    readonly log: Pick<WorkerLog, "info" | "warn">,
  ) {
    const { worker, websocket = {} } = settings;
    this.history = new History(String(worker), websocket.onReload === "carry");
    if (websocket.publish === undefined) return;
    const workers = new ToWorkers(links, (event, words) => log.warn(event, words));
    const publish = (message: Published): void => {
      const number = this.history.publish(message);
      workers.publish(message, number);
      this.#toServers?.(message, number);
    };
    this.onPublished = (topic, data, compress) => {
      const message = publishedBy(topic, data, compress);
      if (message instanceof Promise) void message.then(publish);
      else publish(message);
    };
  }

  /**
   * From now on what others publish reaches the WebSockets of these servers. Whoever has settings
   * of another generation may send nothing, and gets what is sent.
   */
  async receive(servers: () => readonly BunServer[]): Promise<void> {
    const { history } = this;
    this.links.onOpen((link) => {
      link.on("latest", ({ number }: { readonly number?: unknown }) => {
        if (typeof number === "number") history.noteLatest(String(link.peer), number);
      });
      link.on("publish", (header, body) =>
        deliverReceived(servers(), history, link.peer, { header, body }),
      );
      link.send("latest", { number: history.latest }, undefined, { isEssential: true });
    });
    const place = redisPlace(this.settings.websocket?.publish ?? "");
    if (place === undefined || this.settings.isTrial) return;
    const { Redis } = await import("./redis.ts");
    const { readText, textOf } = await import("./to-servers.ts");
    const { serverId: server, worker } = this.settings;
    const isHeard = (sender: { server: string; worker: number }): boolean =>
      sender.server === server &&
      (sender.worker === worker || this.links.get(sender.worker) !== undefined);
    const onText = (text: string): void => {
      const message = readText(text, server, isHeard);
      // A worker that has ended had a link, which is faster.
      if (message === undefined || history.has(message.source, message.number)) return;
      deliver(servers(), message, () => message.data);
      history.note(message.source, message.number, message);
    };
    const redis = new Redis(place, onText, this.log);
    this.#toServers = (message, number) =>
      redis.publish(textOf({ server, worker }, message, number));
    await Promise.race([redis.connect(), Bun.sleep(FIRST_TRY_MS)]);
  }
}
