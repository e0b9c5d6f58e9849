// Whom what the app publishes reaches besides the WebSockets of this worker, see
// `WebSocketSettings.publish`.
import type { LoadMessage } from "../../ipc/messages.ts";
import type { Links } from "../links/links.ts";
import type { Tell } from "../trouble.ts";
import { deliverReceived, publishedBy } from "./published.ts";
import { ToWorkers } from "./to-workers.ts";

type BunServer = Bun.Server<unknown>;

export class Publishing {
  /** Is told what has been published here; undefined: nobody else gets it. */
  readonly onPublished: ((...args: Parameters<BunServer["publish"]>) => void) | undefined;

  constructor(
    { websocket }: LoadMessage,
    readonly links: Links,
    tell: Tell,
  ) {
    if (websocket?.publish !== "server") return;
    const others = new ToWorkers(links, tell);
    this.onPublished = (topic, data, compress) => {
      const message = publishedBy(topic, data, compress);
      if (message instanceof Promise) void message.then((read) => others.publish(read));
      else others.publish(message);
    };
  }

  /**
   * From now on what others publish reaches the WebSockets of these servers. Whoever has settings
   * of another generation may send nothing, and gets what is sent.
   */
  receive(servers: () => readonly BunServer[]): void {
    this.links.onOpen((link) =>
      link.on("publish", (header, body) => deliverReceived(servers(), header, body)),
    );
  }
}
