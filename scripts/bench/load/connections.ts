// The connections of the latency client: a pool that stays open and is refilled when the server
// closes one, and single ones for one request each. Requests wait in line when all are busy.
import type { Socket } from "bun";
import { HOST, parseReply, requestBytes } from "../http.ts";

interface State {
  /** When the request under way was due; undefined while there is none. */
  dueMs: number | undefined;
  /** What has come of its response, unless it came at once. */
  text: string;
  readonly isPooled: boolean;
  /** The server has said that it will close. */
  isClosing: boolean;
}

interface ConnectionOptions {
  readonly port: number;
  readonly path: string;
  readonly connections: number;
}

const RETRY_MS = 10;

export class Connections {
  /** Requests that were sent and got no answer, and connections refused. */
  lost = 0;
  readonly #request: Uint8Array;
  readonly #lastRequest: Uint8Array;
  readonly #idle: Socket<State>[] = [];
  /** When each request was due that no connection was free for. */
  readonly #line: number[] = [];
  readonly #open = new Set<Socket<State>>();
  /** The length of a response that keeps the connection. */
  #usualLength: number | undefined;
  #stopped = false;
  /** Whether a connection of the pool that the server closes is replaced. */
  isRefilled = true;

  constructor(
    readonly options: ConnectionOptions,
    readonly onAnswer: (dueMs: number, last: Uint8Array) => void,
    /** A request will get no answer. */
    readonly onLost: () => void = () => undefined,
  ) {
    this.#request = requestBytes(options.path);
    this.#lastRequest = requestBytes(options.path, "Connection: close\r\n");
    this.grow(options.connections);
  }

  /** Opens more connections, for the pool. */
  grow(count: number): void {
    for (let number = 0; number < count; number += 1) this.#connect(undefined);
  }

  /** How many are open, those for one request included. */
  get openCount(): number {
    return this.#open.size;
  }

  /** Sends a request on the connection that has been idle for longest. */
  send(dueMs: number): void {
    const socket = this.#idle.shift();
    if (socket === undefined) this.#line.push(dueMs);
    else this.#ask(socket, dueMs);
  }

  sendOnNew(dueMs: number): void {
    this.#connect(dueMs);
  }

  /** How many requests wait for an answer. */
  waiting(): number {
    return [...this.#open].filter(({ data }) => data.dueMs !== undefined).length;
  }

  /** Closes all; what still waits for an answer is lost. */
  stop(): void {
    this.lost += this.waiting();
    this.#stopped = true;
    for (const socket of this.#open) socket.end();
  }

  /** Opens a connection: for one request, or without one for the pool. */
  #connect(dueMs: number | undefined): void {
    const state: State = { dueMs, text: "", isPooled: dueMs === undefined, isClosing: false };
    Bun.connect<State>({
      hostname: HOST,
      port: this.options.port,
      data: state,
      socket: {
        open: (socket) => this.#onOpen(socket),
        data: (socket, chunk) => this.#onData(socket, chunk),
        close: (socket) => this.#onClose(socket),
        error: () => undefined,
        connectError: () => undefined,
      },
    }).catch(() => {
      this.#lose(dueMs);
      if (state.isPooled) setTimeout(() => this.#refill(), RETRY_MS);
    });
  }

  #onOpen(socket: Socket<State>): void {
    this.#open.add(socket);
    if (socket.data.isPooled) this.#free(socket);
    else socket.write(this.#lastRequest);
  }

  #ask(socket: Socket<State>, dueMs: number): void {
    socket.data.dueMs = dueMs;
    socket.write(this.#request);
  }

  #onData(socket: Socket<State>, chunk: Buffer): void {
    const state = socket.data;
    if (state.text !== "" || chunk.length !== this.#usualLength) {
      state.text += chunk.toString("latin1");
      const reply = replyOrError(state.text);
      if (reply === undefined) return;
      if (reply instanceof Error) {
        socket.end();
        return;
      }
      state.text = "";
      state.isClosing = /^connection: *close/im.test(reply.head);
      if (!state.isClosing) this.#usualLength = reply.length;
    }
    const dueMs = state.dueMs;
    state.dueMs = undefined;
    if (dueMs !== undefined) this.onAnswer(dueMs, chunk);
    if (state.isPooled && !state.isClosing) this.#free(socket);
  }

  #free(socket: Socket<State>): void {
    const next = this.#line.shift();
    if (next === undefined) this.#idle.push(socket);
    else this.#ask(socket, next);
  }

  #onClose(socket: Socket<State>): void {
    this.#open.delete(socket);
    if (this.#stopped) return;
    if (socket.data.dueMs !== undefined) this.#lose(socket.data.dueMs);
    const index = this.#idle.indexOf(socket);
    if (index !== -1) this.#idle.splice(index, 1);
    if (socket.data.isPooled) this.#refill();
  }

  /** @param dueMs undefined: no request was under way, only a connection was refused */
  #lose(dueMs: number | undefined): void {
    this.lost += 1;
    if (dueMs !== undefined) this.onLost();
  }

  #refill(): void {
    if (!this.#stopped && this.isRefilled) this.#connect(undefined);
  }
}

/** An error where a server that stops has turned the request down. */
function replyOrError(text: string): ReturnType<typeof parseReply> | Error {
  try {
    return parseReply(text);
  } catch (error) {
    return error as Error;
  }
}
