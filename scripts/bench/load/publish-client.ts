// The client of the measurement of publishing: WebSockets that have all subscribed to one topic, of
// which one publishes. All that it does for a message is to count its bytes.
import type { Socket } from "bun";
import { HOST } from "../http.ts";
import { answerCalls } from "./calls.ts";

interface Opening {
  readonly port: number;
  readonly subscribers: number;
}

interface Running {
  readonly seconds: number;
  readonly payload: number;
}

/** Over the time that it took until all had got all of it. */
export interface Published {
  readonly messages: number;
  readonly ms: number;
}

export type PublishCalls = {
  open: { given: Opening; answer: null };
  run: { given: Running; answer: Published };
  close: { given: null; answer: null };
};

/** Published, and not yet come to all. */
const WINDOW = 64;
const HANDSHAKE =
  "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
  "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n";

interface State {
  readonly opened: PromiseWithResolvers<void>;
  isOpen: boolean;
}

class Subscribers {
  readonly #sockets: Socket<State>[] = [];
  #bytes = 0;
  #onBytes = (): void => undefined;

  async open({ port, subscribers }: Opening): Promise<void> {
    for (let count = 0; count < subscribers; count++) this.#sockets.push(await this.#connect(port));
  }

  async #connect(port: number): Promise<Socket<State>> {
    const socket = await Bun.connect<State>({
      hostname: HOST,
      port,
      data: { opened: Promise.withResolvers(), isOpen: false },
      socket: {
        binaryType: "uint8array",
        data: ({ data }, chunk) => {
          if (data.isOpen) {
            this.#bytes += chunk.length;
            this.#onBytes();
          } else {
            data.isOpen = true;
            data.opened.resolve();
          }
        },
        close: ({ data }) => data.opened.reject(new Error("the server closed a connection")),
      },
    });
    socket.write(HANDSHAKE);
    await socket.data.opened.promise;
    return socket;
  }

  /** Publishes as fast as all get it. */
  run({ seconds, payload }: Running): Promise<Published> {
    const [publisher] = this.#sockets;
    const frame = clientFrame(payload);
    const each = (2 + payload) * this.#sockets.length;
    this.#bytes = 0;
    let messages = 0;
    const startedMs = performance.now();
    const endMs = startedMs + seconds * 1000;
    const { promise, resolve } = Promise.withResolvers<Published>();
    const publish = (): void => {
      const isOver = performance.now() >= endMs;
      if (isOver && this.#bytes === messages * each) {
        this.#onBytes = () => undefined;
        return resolve({ messages, ms: performance.now() - startedMs });
      }
      const wanted = isOver ? 0 : Math.floor(WINDOW - (messages - this.#bytes / each));
      // In eighths of the window: a write for each message would measure this client.
      if (wanted < WINDOW / 8) return;
      publisher?.write(Buffer.concat(Array.from({ length: wanted }, () => frame)));
      messages += wanted;
    };
    this.#onBytes = publish;
    publish();
    return promise;
  }

  close(): void {
    for (const socket of this.#sockets.splice(0)) socket.terminate();
  }
}

/** A text of at most 125 bytes, masked with zeros. */
function clientFrame(payload: number): Buffer {
  return Buffer.concat([
    Buffer.from([0x81, 0x80 + payload, 0, 0, 0, 0]),
    Buffer.alloc(payload, "x"),
  ]);
}

const subscribers = new Subscribers();

answerCalls<PublishCalls>({
  async open(opening) {
    await subscribers.open(opening);
    return null;
  },
  run: (running) => subscribers.run(running),
  async close() {
    subscribers.close();
    return null;
  },
});
